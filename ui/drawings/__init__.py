"""Statistics as pictures: functions from figures to what plotly draws, and to the table behind."""
