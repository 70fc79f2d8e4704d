"""Words that people choose freely for one thing when it fails, French and English, folded.

For tickets of one hour that are compared with each other: who is cut off says « internet », « le
réseau » or « le wifi », and means the same. Not for groups over months, where they differ.
"""

_SAME = (
    "internet reseau reseaux wifi network ethernet intranet",
    "messagerie mail mails email emails courriel courriels outlook exchange webmail mailbox",
    "imprimante imprimantes imprimer impression impressions printer printers print printing"
    " copieur copieurs photocopieur photocopieuse multifonction",
    "telephone telephones telephonie phone phones softphone standard",
    "vpn teletravail",
    "visio visioconference visioconferences teams zoom webex",
    "serveur serveurs server servers partage partages share shares",
    "site portail website portal",
    "badge badges badgeuse badgeuses pointeuse",
    "password mdp",
    "lent lente lents lentes lenteur lenteurs rame rament ralenti ralentie ralentissement slow lag",
)
_SYMPTOMS = """
acceder acces access accessible affiche arrete assistance aide besoin blanc bloque bloquee bloquees
bloques bug bugs charge connecte connecter connect connection connexion coupe coupee coupees coupes
coupure crash demande dysfonctionnement echec erreur erreurs error errors failed fails ferme fige
figee fonction fonctionne fonctionnement fonctionnent fonctionner hs help horrible impossible
incident indisponible indisponibles injoignable issue issues ko marche marchent marcher message mort
morte muet ouvre ouvrent ouvrir panne pannes perdu perdue plante plantee plus probleme problemes
problem problems repond repondent request revient souci soucis urgent urgence unable unavailable
utiliser utilise working work works down broken cannot
bureau bureaux batiment collegue collegues etage matin midi heure heures minute minutes maintenant
moment poste postes pc service services salle jour journee soir apres lundi mardi mercredi jeudi
vendredi today morning afternoon everyone everybody nobody monde personne office floor building
"""


def same() -> dict[str, str]:
    """Return the word that stands for each of those that mean the same."""
    return {word: some.split()[0] for some in _SAME for word in some.split()}


SYMPTOMS = frozenset(_SYMPTOMS.split())
