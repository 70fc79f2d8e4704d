"""The people, places and sentences of the demonstration; subjects are in files of their own."""

from dataclasses import dataclass
from typing import Any

from data.models import Impact, Urgency


@dataclass(frozen=True, slots=True)
class Place:
    """An organisation that does not exist: its name, and the end of its addresses."""

    name: str
    domain: str


@dataclass(frozen=True, slots=True)
class Branch:
    """A part of the tree of categories, and the team that gets its tickets."""

    path: tuple[str, ...]
    team: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One kind of ticket; `{at}` is a place and `{device}` an inventory number."""

    category: str
    titles: tuple[str, ...]
    description: str
    question: str
    answer: str
    note: str
    solution: str
    tags: tuple[str, ...] = ()
    is_request: bool = False
    urgency: Urgency = Urgency.NORMAL
    impact: Impact = Impact.MEDIUM
    picture: str = ""  # of ERRORS


PLACES = (
    Place("Mairie de Valmont-sur-Loire", "valmont-sur-loire.example"),
    Place("Ville de Saint-Aubin-des-Prés", "saint-aubin-des-pres.example"),
    Place("Communauté de communes du Val de Lys", "val-de-lys.example"),
    Place("Mairie de Rochebelle", "rochebelle.example"),
)

DESKTOPS, SERVERS, BUSINESS = "Postes de travail", "Réseau et serveurs", "Applications métier"
PRINTERS, BUILDINGS = "Téléphonie et impression", "Bâtiments"

POLICIES: dict[str, dict[str, Any]] = {  # in open minutes
    "Urgences": {
        "priority": "urgent",
        "accept_minutes": 30,
        "first_response_minutes": 60,
        "resolve_minutes": 450,
        "raises_priority": True,
    },
    "Incidents": {
        "type": "incident",
        "accept_minutes": 120,
        "first_response_minutes": 240,
        "resolve_minutes": 1350,
    },
    "Demandes": {"accept_minutes": 450, "first_response_minutes": 900, "resolve_minutes": 3600},
}
TEAMS = {
    DESKTOPS: "Ordinateurs, écrans, bureautique : au 4100 de 8 h 30 à 17 h 30.",
    SERVERS: "Réseau, accès distant, partages, comptes et sauvegardes.",
    BUSINESS: "État civil, finances, paie, urbanisme et portail des familles.",
    PRINTERS: "Copieurs, imprimantes, téléphones fixes et mobiles.",
    BUILDINGS: "Chauffage, éclairage, serrurerie et petits travaux.",
}

BRANCHES = (
    Branch(("Matériel",), DESKTOPS),
    Branch(("Matériel", "Ordinateur")),
    Branch(("Matériel", "Écran et accessoires")),
    Branch(("Matériel", "Impression"), PRINTERS),
    Branch(("Matériel", "Téléphonie"), PRINTERS),
    Branch(("Logiciel",), DESKTOPS),
    Branch(("Logiciel", "Bureautique")),
    Branch(("Logiciel", "Messagerie"), SERVERS),
    Branch(("Logiciel", "Applications métier"), BUSINESS),
    Branch(("Logiciel", "Applications métier", "État civil")),
    Branch(("Logiciel", "Applications métier", "Finances")),
    Branch(("Logiciel", "Applications métier", "Paie")),
    Branch(("Réseau",), SERVERS),
    Branch(("Réseau", "Accès distant")),
    Branch(("Réseau", "Wi-Fi")),
    Branch(("Réseau", "Fichiers partagés")),
    Branch(("Comptes et accès",), SERVERS),
    Branch(("Comptes et accès", "Arrivées et départs")),
    Branch(("Comptes et accès", "Mots de passe")),
    Branch(("Bâtiment",), BUILDINGS),
    Branch(("Bâtiment", "Chauffage")),
    Branch(("Bâtiment", "Éclairage")),
    Branch(("Bâtiment", "Serrurerie")),
)

FIRST_NAMES = (
    "Agnès", "Amélie", "Antoine", "Aurélie", "Baptiste", "Bénédicte", "Bilal", "Brigitte",
    "Caroline", "Cédric", "Clémence", "Damien", "Delphine", "Didier", "Élodie", "Estelle",
    "Fabrice", "Fatima", "François", "Gaëlle", "Guillaume", "Hélène", "Inès", "Jérôme",
    "Karine", "Laurent", "Léa", "Loïc", "Maïa", "Malik", "Marion", "Mathilde", "Naïma",
    "Nicolas", "Olivier", "Pascale", "Raphaël", "Sandrine", "Sébastien", "Sylvie", "Théo",
    "Thierry", "Valérie", "Yves", "Zoé",
)  # fmt: skip
LAST_NAMES = (
    "Aubert", "Barbier", "Benali", "Bertin", "Blanchard", "Bonnet", "Bouvier", "Carpentier",
    "Charpentier", "Colin", "Da Silva", "Delmas", "Deschamps", "Diallo", "Dupuis", "Fabre",
    "Ferrand", "Gaillard", "Gautier", "Giraud", "Guérin", "Haddad", "Hamon", "Jacquet",
    "Joly", "Lacroix", "Lambert", "Le Goff", "Lemaire", "Mallet", "Marchand", "Mercier",
    "Moulin", "Nguyen", "Noël", "Ollivier", "Payet", "Pelletier", "Perrot", "Poirier",
    "Renaud", "Rousset", "Tessier", "Vasseur", "Vidal",
)  # fmt: skip

DEPARTMENTS = (
    "Accueil et état civil", "Affaires scolaires", "Centre communal d’action sociale",
    "Centre technique municipal", "Communication", "Culture et médiathèque", "Finances",
    "Police municipale", "Ressources humaines", "Secrétariat général", "Urbanisme",
)  # fmt: skip
HELPDESK, DIRECTION = "Systèmes d’information", "Direction générale des services"

SITES = (
    "à l’hôtel de ville", "à la médiathèque", "au centre technique", "à l’école Jules-Verne",
    "à la crèche Les Lutins", "au CCAS", "à l’accueil de l’état civil", "au service urbanisme",
    "à la police municipale", "à l’école Simone-Veil", "au secrétariat général", "au gymnase",
)  # fmt: skip

ACCEPTED = (
    "Bonjour, je prends votre demande en charge et je reviens vers vous dans la journée.",
    "Bonjour, bien reçu. Je regarde cela tout de suite.",
    "Bonjour, merci pour ces précisions : je m’en occupe ce matin.",
    "Bonjour, votre demande est entre mes mains ; je vous tiens au courant ici même.",
    "Bonjour, je peux passer dans l’après-midi si cela vous convient.",
    "Bonjour, j’ai reproduit le problème de mon côté, je cherche la cause.",
)
THANKED = (
    "Merci beaucoup, c’est noté.",
    "Merci de votre réponse rapide.",
    "Très bien, je reste joignable à mon bureau jusqu’à 17 h.",
    "Parfait, je vous attends. Le bureau est ouvert.",
    "D’accord, en attendant je travaille sur le poste de ma collègue.",
)
CAME_BACK = (
    "Bonjour, le problème est malheureusement revenu ce matin, exactement comme avant.",
    "Bonjour, cela a fonctionné deux jours, puis plus rien. Pouvez-vous regarder à nouveau ?",
    "Je me permets de relancer : la même chose vient de se reproduire.",
)
SOLVED_FOR_GOOD = (
    "Cause trouvée cette fois : un réglage d’origine revenait à chaque redémarrage. Il est"
    " corrigé durablement, et je l’ai vérifié après trois redémarrages.",
    "J’ai remplacé l’élément en cause au lieu de le régler. Contrôle fait avec vous au téléphone.",
)
ORDERED = (
    "Pièce commandée auprès du fournisseur, délai annoncé : trois jours ouvrés.",
    "Dossier ouvert chez l’éditeur, qui a confirmé l’anomalie. J’attends son correctif.",
    "Le prestataire passe dans la semaine ; je vous confirme le jour dès que je l’ai.",
)
ORDER_NOTES = (
    "Devis validé par la direction, bon de commande n° {order}.",
    "Contrat de maintenance : intervention comprise. Dossier n° {order}.",
)
PLANNED = (
    "Intervention programmée le {day}. Merci de laisser le poste allumé et la session fermée.",
    "L’intervention est à l’agenda du {day} : il faut couper le service un quart d’heure.",
)
DONE_AS_PLANNED = "Intervention faite comme prévu. {solution}"
HELPED = (
    "J’ai regardé avec {lead} : rien dans les journaux du serveur à cette heure-là.",
    "Vu avec {lead}, je fais la partie câblage et je laisse la configuration.",
    "J’ai déjà eu ce cas il y a quelques mois ; la procédure est dans l’espace de l’équipe.",
)
BLOCKED = "Je dois attendre la fin du ticket #{other}, qui touche le même équipement."
UNBLOCKED = "Le ticket #{other} est terminé, je reprends."
DUPLICATED = (
    "Cette panne est déjà suivie dans le ticket #{other} : je vous y ajoute et je ferme celui-ci."
)
NEVER_MIND = (
    "Finalement tout est rentré dans l’ordre, vous pouvez annuler ma demande.",
    "C’était un câble débranché lors du ménage. Pardon pour le dérangement.",
)
MISTAKE = ("Essai", "Ceci est un essai, merci de ne pas en tenir compte.")
# What screenshots show: title, sentence, detail. Without accents, which Pillow’s own font lacks.
ERRORS = {
    "driver": ("Pilote graphique", "Le pilote ne fonctionne plus.", "Code 0x00000116"),
    "printing": ("Impression", "Le document reste dans la file.", "File : 3 documents"),
    "sheet": ("Tableur", "Le fichier est ouvert par un autre agent.", "Budget.xlsx"),
    "record": ("Impression des actes", "Le document type est introuvable.", "Code 5012"),
    "payment": ("Paiement en ligne", "Le service ne fonctionne pas.", "Code 503"),
    "folder": ("Dossier commun", "Vous ne pouvez pas ouvrir ce dossier.", "Code 0x80070005"),
}
