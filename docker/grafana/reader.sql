-- What Grafana may read: the columns its panels need and nothing else (docs/monitoring.md).
CREATE USER IF NOT EXISTS 'appticket_reader'@'%';
ALTER USER 'appticket_reader'@'%' IDENTIFIED BY 'another-long-password';
GRANT SELECT (shelf, status, priority, type, channel, team_id, category_id, created_at,
    first_response_at, resolved_at, closed_at, resolve_due_at)
    ON appticket.ticket TO 'appticket_reader'@'%';
GRANT SELECT (id, name) ON appticket.team TO 'appticket_reader'@'%';
GRANT SELECT (id, path) ON appticket.category TO 'appticket_reader'@'%';
