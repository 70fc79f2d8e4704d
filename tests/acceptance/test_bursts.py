"""Bursts among real tickets: how often chance is taken for one, and who is recognised (issue 5).

docs/statistics.md tells the figures, of twice as many days.
"""

import csv
import gzip
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path

import pytest

from services import likeness
from services.burst_groups import Said, gather
from services.likeness import Background

FILE = Path(__file__).parents[3] / "shared/data/tickets_text/endava_all_tickets_first5431.csv.gz"
pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.skipif(not FILE.exists(), reason="../shared/data/tickets_text is not there"),
]
EIGHT = datetime(2026, 3, 2, 8, tzinfo=UTC)
DAYS, TICKETS, MINUTES = 10, 300, 600
BEFORE = 1000  # tickets by which is judged what everybody says

Text = tuple[str, str]  # title and description
# What each of several people says of one thing that broke down for all of them.
OUTAGES: tuple[tuple[Text, ...], ...] = (
    (
        ("plus d’internet", ""),
        ("internet ne marche plus au 2e étage", ""),
        ("pas de réseau depuis 9h", "Bonjour, depuis 9h je n’ai plus de réseau sur mon poste."),
        (
            "Coupure internet bâtiment B",
            "Bonjour, plus aucun accès à internet depuis ce matin dans tout le bâtiment.",
        ),
        ("Le wifi ne fonctionne pas", "je n’arrive pas à me connecter au wifi"),
        (
            "problème de connexion internet",
            "Impossible d’aller sur internet, merci de faire le nécessaire",
        ),
    ),
    (
        ("Messagerie en panne", ""),
        ("Je ne reçois plus de mails", "Bonjour, plus aucun mail depuis 8h30"),
        ("Outlook ne s’ouvre plus", "Outlook tourne dans le vide"),
        ("impossible d’envoyer des courriels", "Mes messages restent dans la boîte d’envoi"),
        ("problème outlook", ""),
        ("mails bloqués", "les mails ne partent plus"),
    ),
    (
        ("Imprimante HS", "l’imprimante du secrétariat ne répond plus"),
        ("impossible d’imprimer", ""),
        ("L’impression ne fonctionne pas", "rien ne sort quand j’imprime"),
        ("imprimante en panne 1er étage", ""),
        ("Plus d’impressions possibles", "aucun document ne sort du copieur"),
    ),
    (
        ("téléphones muets", ""),
        ("Le téléphone ne marche plus", "plus de tonalité depuis ce matin"),
        ("plus de tonalité sur mon poste téléphonique", ""),
        ("téléphonie HS", "personne ne peut appeler"),
        ("impossible d’appeler", "mon téléphone n’a pas de tonalité"),
    ),
    (
        ("VPN KO", ""),
        (
            "impossible de se connecter au VPN",
            "Je suis en télétravail et le VPN refuse la connexion",
        ),
        ("le vpn ne se connecte pas", "erreur à la connexion du VPN"),
        ("problème VPN depuis ce matin", ""),
    ),
    (
        ("SEDIT inaccessible", ""),
        ("Sedit ne s’ouvre pas", "message d’erreur à l’ouverture de Sedit"),
        ("erreur dans Sedit Finances", "je ne peux plus valider mes engagements"),
        ("Sedit planté", ""),
    ),
    (
        ("lecteur P: inaccessible", "je n’ai plus accès à mes fichiers sur le lecteur P"),
        ("plus de lecteur réseau P", ""),
        ("Le lecteur P a disparu", "Le partage n’apparaît plus dans l’explorateur"),
        ("accès impossible aux fichiers du lecteur P", ""),
    ),
    (
        ("Impossible d’ouvrir ma session", "mot de passe refusé"),
        ("session windows refusée", "mon mot de passe ne passe pas"),
        ("Mot de passe refusé à l’ouverture de session", ""),
        ("je ne peux plus ouvrir ma session windows", ""),
    ),
    (
        ("Le site internet de la ville est en panne", ""),
        ("site web inaccessible", "erreur 503 sur le site de la ville"),
        ("erreur 503 sur le site", ""),
        ("le site de la mairie ne s’affiche plus", "page blanche"),
    ),
    (
        ("Panne de courant", "plus d’électricité au rez-de-chaussée"),
        ("plus de courant au rdc", ""),
        ("coupure d’électricité", "tout est éteint"),
        ("Coupure de courant bureau 12", ""),
    ),
    (
        ("badgeuse en panne", ""),
        ("Impossible de badger ce matin", ""),
        ("la badgeuse ne lit plus les badges", ""),
        ("badge non reconnu à l’entrée", "mon badge n’est pas reconnu par le lecteur de l’entrée"),
    ),
    (
        ("Chauffage en panne", "il fait 14 degrés dans le bureau"),
        ("plus de chauffage à l’école Prévert", ""),
        ("pas de chauffage", ""),
        ("radiateurs froids", "Le chauffage ne fonctionne plus depuis ce matin"),
    ),
    (
        ("ordinateur très lent", "tout rame depuis ce matin, réseau très lent"),
        ("lenteurs réseau", ""),
        ("le réseau est très lent", "les applications mettent une minute à s’ouvrir"),
        ("Réseau qui rame", ""),
    ),
    (
        ("Teams ne se lance plus", ""),
        ("visio impossible", "Teams ne démarre pas pour ma réunion"),
        ("problème Teams", ""),
        ("Teams coupé en pleine réunion", ""),
    ),
    (
        ("No internet", "Since 9 am there is no internet on the second floor"),
        ("network down", ""),
        ("cannot access the internet", ""),
        ("wifi not working", ""),
    ),
    (
        (
            "Bonjour",
            "Bonjour, je vous contacte car depuis ce matin mon ordinateur n’arrive plus à se "
            "connecter au réseau, aucune page internet ne s’affiche. Pouvez-vous intervenir "
            "rapidement s’il vous plaît ? Cordialement, Anne Dubois, service urbanisme",
        ),
        (
            "Urgent",
            "Bonjour, nous n’avons plus internet au service état civil, impossible de "
            "recevoir les usagers. Merci de votre aide.",
        ),
        (
            "réseau coupé",
            "Bonjour, le réseau est coupé à la médiathèque depuis 8h45, les postes publics ne"
            " fonctionnent plus.",
        ),
        ("Problème", "plus de réseau dans les bureaux du CCAS"),
    ),
)


def test_what_chance_brings_together_is_no_burst() -> None:
    """Of days with nothing but incidents, none of which have to do with another."""
    tickets = real()
    chance = random.Random(5)
    before = chance.sample(tickets, BEFORE)
    incidents = [ticket for ticket in set(tickets) - set(before) if not ticket[2]]
    background = read(before)

    found = sum(len(gather(day(chance, sorted(incidents)), background)) for _ in range(DAYS))

    assert found <= DAYS * 0.2


def test_people_who_tell_of_one_outage_are_recognised_whatever_their_words() -> None:
    tickets = real()
    chance = random.Random(5)
    background = read(chance.sample(tickets, BEFORE))

    shares = {many: share(many, background, chance, tickets) for many in (3, 4)}

    assert shares[3] >= 0.7
    assert shares[4] >= 0.95


def real() -> list[tuple[str, str, bool]]:
    """Return title, description, and whether something is wanted, of real tickets."""
    with gzip.open(FILE, "rt", encoding="utf-8", errors="replace") as file:
        return [(r["title"], r["body"], r["ticket_type"] == "1") for r in csv.DictReader(file)]


def read(tickets: list[tuple[str, str, bool]]) -> Background:
    background = Background()
    for title, description, _is_request in tickets:
        background.read(likeness.words(title, description))
    return background


def day(chance: random.Random, among: list[tuple[str, str, bool]]) -> list[Said]:
    """Return a busy day of tickets that were drawn at random."""
    return [
        Said(n, EIGHT + timedelta(minutes=chance.uniform(0, MINUTES)), n, likeness.words(*said[:2]))
        for n, said in enumerate(chance.sample(among, TICKETS))
    ]


def share(
    many: int, background: Background, chance: random.Random, tickets: list[tuple[str, str, bool]]
) -> float:
    """Return in what part of the cases so many people are recognised among twelve others."""
    found = []
    for texts in OUTAGES:
        cases = list(combinations(texts, many))
        good = sum(
            recognised([*told(case, chance), *others(chance, tickets)], background)
            for case in cases
        )
        found.append(good / len(cases))
    return sum(found) / len(found)


def told(texts: tuple[Text, ...], chance: random.Random) -> Iterator[Said]:
    for n, text in enumerate(texts):
        yield Said(n, EIGHT + timedelta(minutes=chance.uniform(0, 14)), n, likeness.words(*text))


def others(chance: random.Random, tickets: list[tuple[str, str, bool]]) -> Iterator[Said]:
    for n, ticket in enumerate(chance.sample(tickets, 12), 100):
        at = EIGHT + timedelta(minutes=chance.uniform(-15, 30))
        yield Said(n, at, n, likeness.words(*ticket[:2]), is_request=ticket[2])


def recognised(said: list[Said], background: Background) -> bool:
    return any(sum(n < 100 for n in some) >= 3 for _key, some in gather(said, background))
