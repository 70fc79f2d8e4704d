"""What people of the demonstration say about software, network and accounts."""

from data.models import Impact, Urgency
from integrations.demo_texts import Subject

SUBJECTS = (
    Subject(
        category="Logiciel › Bureautique",
        titles=("Le tableau du budget ne s’ouvre plus", "Tableur figé {at}"),
        description="Bonjour, le tableau partagé du budget se fige dès que je l’ouvre. Mes"
        " collègues peuvent le lire, mais pas l’enregistrer.",
        question="Quelqu’un l’a-t-il ouvert depuis chez soi ? Quelle est sa taille ?",
        answer="Il fait 85 Mo, et il est ouvert par quatre personnes en même temps.",
        note="Mise en forme conditionnelle recopiée sur un million de lignes.",
        solution="Mises en forme inutiles retirées : le fichier passe de 85 à 2 Mo et s’ouvre en"
        " deux secondes. L’original est conservé à côté.",
        tags=("tableur",),
        picture="sheet",
    ),
    Subject(
        category="Logiciel › Bureautique",
        titles=("Installer le lecteur de cartes {at}", "Besoin d’un logiciel de plans"),
        description="Bonjour, j’ai besoin du lecteur de plans pour ouvrir les fichiers envoyés par"
        " les architectes. Pouvez-vous l’installer sur {device} ?",
        question="S’agit-il de lire les plans, ou aussi de les modifier ?",
        answer="De les lire et de mesurer, rien de plus.",
        note="Le lecteur gratuit suffit, aucune licence à prévoir.",
        solution="Lecteur installé à distance, avec l’association des fichiers DWG.",
        is_request=True,
        impact=Impact.LOW,
    ),
    Subject(
        category="Logiciel › Messagerie",
        titles=("Je ne reçois plus de courriels", "Messages bloqués depuis ce matin {at}"),
        description="Bonjour, je n’ai reçu aucun courriel extérieur depuis hier 16 h. Les messages"
        " internes arrivent normalement.",
        question="Votre boîte affiche-t-elle un avertissement de taille ?",
        answer="Oui, un bandeau jaune dit qu’elle est presque pleine.",
        note="Quota atteint à 99 % ; 6 Go de pièces jointes de 2019.",
        solution="Archives déplacées dans la boîte prévue à cet effet. Les messages en attente"
        " sont arrivés, aucun n’est perdu.",
        urgency=Urgency.HIGH,
        impact=Impact.LOW,
    ),
    Subject(
        category="Logiciel › Messagerie",
        titles=("Courriel suspect reçu {at}", "Faux message de la trésorerie"),
        description="Bonjour, j’ai reçu un message de « la trésorerie » qui demande de changer un"
        " RIB. L’adresse me paraît bizarre. Je n’ai cliqué nulle part.",
        question="Pouvez-vous le transférer en pièce jointe à la boîte de signalement ?",
        answer="C’est fait. Ma collègue a reçu le même.",
        note="Campagne en cours, 14 boîtes touchées. Domaine bloqué, aucun clic dans les journaux.",
        solution="Message retiré de toutes les boîtes et expéditeur bloqué. Vous avez eu le bon"
        " réflexe, merci !",
        tags=("hameçonnage", "sécurité"),
        urgency=Urgency.URGENT,
        impact=Impact.HIGH,
    ),
    Subject(
        category="Logiciel › Messagerie",
        titles=("Accès à la boîte partagée {at}", "Boîte partagée des inscriptions"),
        description="Bonjour, pouvez-vous me donner accès à la boîte partagée de notre service ?"
        " Je remplace une collègue en congé de maternité.",
        question="En lecture seulement, ou devez-vous aussi répondre au nom du service ?",
        answer="Je dois pouvoir répondre, comme ma collègue.",
        note="Accord du chef de service reçu par courriel.",
        solution="Droits de lecture et d’envoi donnés. La boîte apparaît au prochain démarrage.",
        is_request=True,
        impact=Impact.LOW,
    ),
    Subject(
        category="Logiciel › Applications métier › État civil",
        titles=("L’état civil n’imprime plus les actes", "Erreur à l’édition d’un acte {at}"),
        description="Bonjour, depuis la mise à jour l’édition des actes de naissance s’arrête sur"
        " une erreur. Des administrés attendent au guichet.",
        question="Est-ce le cas pour tous les actes, ou seulement pour les copies intégrales ?",
        answer="Seulement les copies intégrales. Les extraits sortent normalement.",
        note="Modèle de document perdu par la mise à jour. Sauvegarde de la veille disponible.",
        solution="Modèle restauré depuis la sauvegarde, édition vérifiée avec vous sur trois"
        " actes.",
        tags=("éditeur",),
        urgency=Urgency.URGENT,
        impact=Impact.MEDIUM,
        picture="record",
    ),
    Subject(
        category="Logiciel › Applications métier › Finances",
        titles=("Mandats rejetés par la trésorerie", "Le flux comptable est refusé"),
        description="Bonjour, le flux envoyé hier soir est revenu en rejet : douze mandats sont"
        " concernés. L’échéance de paiement est vendredi.",
        question="Pouvez-vous joindre l’accusé de réception reçu du portail ?",
        answer="Le voici, le motif est « tiers inconnu ».",
        note="Table des tiers non resynchronisée après le changement de nom de deux fournisseurs.",
        solution="Tiers mis à jour et flux renvoyé : les douze mandats sont acceptés.",
        tags=("éditeur", "finances"),
        urgency=Urgency.HIGH,
    ),
    Subject(
        category="Logiciel › Applications métier › Finances",
        titles=("Droits sur un nouveau budget annexe", "Ouvrir le budget annexe à deux agents"),
        description="Bonjour, pouvez-vous ouvrir le budget annexe de l’eau en saisie à deux agents"
        " du service ? Ils ne le voient pas dans leur liste.",
        question="Doivent-ils aussi valider, ou seulement saisir ?",
        answer="Seulement saisir. La validation reste chez moi.",
        note="Profil « saisie » dupliqué, séparation des tâches respectée.",
        solution="Profil de saisie donné aux deux agents ; la validation leur reste fermée.",
        is_request=True,
        impact=Impact.LOW,
    ),
    Subject(
        category="Logiciel › Applications métier › Paie",
        titles=("Bulletins absents du coffre-fort", "Un agent ne voit pas son bulletin de paie"),
        description="Bonjour, plusieurs agents {at} ne trouvent pas leur bulletin du mois dans le"
        " coffre-fort numérique.",
        question="Ont-ils reçu le courriel d’annonce ? Pouvez-vous me donner deux matricules ?",
        answer="Non, rien reçu. Les matricules sont 1042 et 1187.",
        note="Dépôt interrompu à 80 %, certificat du tiers de confiance expiré.",
        solution="Certificat renouvelé et dépôt relancé. Tous les bulletins sont en ligne.",
        tags=("certificat",),
        impact=Impact.HIGH,
    ),
    Subject(
        category="Logiciel › Applications métier",
        titles=("Portail des familles inaccessible", "Les parents ne peuvent plus payer en ligne"),
        description="Bonjour, des parents nous appellent : le portail affiche une page blanche au"
        " moment du paiement de la cantine.",
        question="Depuis quelle heure ? Est-ce pareil sur téléphone et sur ordinateur ?",
        answer="Depuis 11 h environ, et sur les deux d’après les appels.",
        note="Passerelle de paiement en incident chez le prestataire, confirmé sur sa page d’état.",
        solution="Le prestataire a rétabli la passerelle. Trois paiements d’essai sont passés,"
        " les familles ont été prévenues.",
        tags=("portail",),
        urgency=Urgency.URGENT,
        impact=Impact.HIGH,
        picture="payment",
    ),
    Subject(
        category="Réseau › Accès distant",
        titles=("Pas d’accès distant depuis chez moi", "Le tunnel se coupe toutes les dix minutes"),
        description="Bonjour, en télétravail l’accès distant se coupe toutes les dix minutes et je"
        " perds ce que j’ai saisi. Au bureau tout va bien.",
        question="Êtes-vous en Wi-Fi ou par câble ? Quel est votre fournisseur d’accès ?",
        answer="En Wi-Fi, avec la fibre. Par câble la coupure est plus rare.",
        note="Renouvellement de clé trop court sur la passerelle, taille des paquets à réduire.",
        solution="Réglage de la passerelle corrigé : aucune coupure depuis deux jours d’après les"
        " journaux.",
        tags=("télétravail",),
        urgency=Urgency.HIGH,
        impact=Impact.MEDIUM,
    ),
    Subject(
        category="Réseau › Wi-Fi",
        titles=("Pas de Wi-Fi {at}", "Le Wi-Fi public ne marche plus {at}"),
        description="Bonjour, plus aucun appareil ne se connecte au Wi-Fi {at} depuis l’orage de"
        " lundi.",
        question="Les voyants de la borne au plafond sont-ils allumés ?",
        answer="Celle du couloir est éteinte, celle de la salle est verte.",
        note="Injecteur électrique grillé, à prendre dans la réserve.",
        solution="Alimentation de la borne remplacée et onduleur ajouté. Le signal est bon"
        " partout.",
        impact=Impact.HIGH,
    ),
    Subject(
        category="Réseau › Fichiers partagés",
        titles=("Dossier partagé disparu {at}", "Restaurer un dossier supprimé par erreur"),
        description="Bonjour,\n\nle dossier « Marchés publics » a disparu du partage de notre"
        " service. Nous en avons besoin pour la commission de demain.",
        question="Quand l’avez-vous vu pour la dernière fois ? Qui d’autre y travaille ?",
        answer="Hier vers 15 h. Nous sommes trois à l’utiliser.",
        note="Déplacé par mégarde dans le dossier voisin (glisser-déposer), journal à l’appui.",
        solution="Dossier remis à sa place avec tous ses fichiers, contrôle fait avec la"
        " sauvegarde de la nuit.",
        tags=("sauvegarde",),
        urgency=Urgency.HIGH,
        impact=Impact.MEDIUM,
    ),
    Subject(
        category="Réseau › Fichiers partagés",
        titles=("Accès au dossier commun {at}", "Droits de lecture sur un dossier partagé"),
        description="Bonjour, je n’ai pas accès au dossier des délibérations : « Accès refusé »."
        " Mon arrivée dans le service date de la semaine dernière.",
        question="Votre responsable peut-il me donner son accord par retour ?",
        answer="Oui, il vous écrit tout de suite.",
        note="Ajout au groupe de lecture seulement, pas de droits individuels.",
        solution="Accès donné par le groupe de votre service ; rouvrez la session une fois.",
        is_request=True,
        impact=Impact.LOW,
        picture="folder",
    ),
    Subject(
        category="Comptes et accès › Mots de passe",
        titles=("Mot de passe oublié", "Compte verrouillé {at}"),
        description="Bonjour, mon compte est verrouillé après trois essais au retour de congés.",
        question="Puis-je vous rappeler au numéro de l’annuaire, pour vérifier votre identité ?",
        answer="Oui, je suis à mon bureau.",
        note="Identité vérifiée par rappel au poste de l’annuaire.",
        solution="Compte déverrouillé ; un nouveau mot de passe vous a été remis de vive voix.",
        urgency=Urgency.HIGH,
        impact=Impact.LOW,
    ),
    Subject(
        category="Comptes et accès › Arrivées et départs",
        titles=("Arrivée d’une collègue lundi {at}", "Nouvel agent : compte et poste"),
        description="Bonjour,\n\nune nouvelle collègue arrive lundi {at}. Il lui faudra un compte,"
        " une adresse, un poste et un badge.",
        question="Quels logiciels et quels dossiers partagés lui faut-il ? Jusqu’à quelle date ?",
        answer="Les mêmes que la personne qu’elle remplace, pendant un an.",
        note="Liste de contrôle « arrivée » suivie, date de fin posée sur le compte.",
        solution="Compte, adresse et poste sont prêts ; le badge est à retirer à l’accueil.",
        is_request=True,
        tags=("arrivée",),
    ),
    Subject(
        category="Comptes et accès › Arrivées et départs",
        titles=("Départ d’un agent en fin de mois", "Fermer un compte après une mutation"),
        description="Bonjour, un agent de notre service part en mutation à la fin du mois. Merci de"
        " prévoir la fermeture de ses accès et la reprise du matériel.",
        question="Faut-il une réponse automatique sur son adresse, et vers qui renvoyer ?",
        answer="Oui, pendant trois mois, vers l’adresse du service.",
        note="Fermeture datée, boîte conservée six mois selon la règle interne.",
        solution="Accès fermés à la date prévue, réponse automatique en place, matériel repris.",
        is_request=True,
        urgency=Urgency.LOW,
        impact=Impact.LOW,
        tags=("départ",),
    ),
)
