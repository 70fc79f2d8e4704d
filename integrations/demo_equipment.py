"""What people of the demonstration say about equipment and buildings."""

from data.models import Impact, Urgency
from integrations.demo_texts import Subject

SUBJECTS = (
    Subject(
        category="Matériel › Ordinateur",
        titles=("Ordinateur très lent {at}", "Mon poste {device} met dix minutes à démarrer"),
        description="Bonjour,\n\ndepuis le début de la semaine mon poste {device} est très lent :"
        " il faut dix minutes pour ouvrir une session, puis chaque logiciel se fige.",
        question="Le voyant du disque reste-t-il allumé en permanence ? Quand le poste a-t-il été"
        " redémarré pour la dernière fois ?",
        answer="Oui, il clignote sans arrêt. Je l’ai redémarré hier soir, sans changement.",
        note="Disque mécanique d’origine, 96 % plein. Candidat au remplacement par un SSD.",
        solution="Disque remplacé par un SSD et données recopiées. Le poste démarre maintenant en"
        " trente secondes.",
        tags=("ssd",),
        impact=Impact.LOW,
    ),
    Subject(
        category="Matériel › Ordinateur",
        titles=("Écran bleu au démarrage {at}", "Le portable {device} ne démarre plus"),
        description="Bonjour, ce matin le portable {device} affiche un écran bleu puis redémarre"
        " en boucle. Je dois présenter un dossier au conseil de jeudi.",
        question="Pouvez-vous m’envoyer une photo de l’écran ? Avez-vous installé quelque chose"
        " hier ?",
        answer="Voici ce qui s’affiche. Rien installé, il y a seulement eu les mises à jour.",
        note="Mise à jour du mois en cause : trois portables du même modèle touchés.",
        solution="Pilote graphique ramené à la version précédente et mise à jour différée sur ce"
        " modèle. Aucun fichier n’est perdu.",
        tags=("mise-à-jour",),
        urgency=Urgency.HIGH,
        picture="driver",
    ),
    Subject(
        category="Matériel › Ordinateur",
        titles=("Portable pour le télétravail {at}", "Demande d’un ordinateur portable"),
        description="Bonjour,\n\nje télétravaille deux jours par semaine à partir du mois"
        " prochain. Pourrais-je avoir un portable à la place de mon poste fixe {device} ?",
        question="Votre responsable a-t-il signé la convention de télétravail ? Utilisez-vous un"
        " logiciel particulier en dehors de la bureautique ?",
        answer="Oui, elle est signée depuis lundi. J’utilise aussi le logiciel de finances.",
        note="Deux portables en stock, prévoir la station d’accueil et le chiffrement.",
        solution="Portable remis en main propre avec sa station d’accueil, sac et prise en main."
        " L’ancien poste est repris.",
        is_request=True,
        urgency=Urgency.LOW,
        impact=Impact.LOW,
    ),
    Subject(
        category="Matériel › Écran et accessoires",
        titles=("Second écran noir {at}", "Plus d’image sur mon écran de droite"),
        description="Bonjour, mon second écran reste noir depuis le déménagement du bureau. Le"
        " voyant est orange.",
        question="Le câble est-il bien enfoncé des deux côtés ? Avez-vous essayé une autre prise ?",
        answer="Oui, j’ai inversé les deux écrans : c’est bien celui-là qui reste noir.",
        note="Adaptateur DisplayPort défectueux, même lot que les autres.",
        solution="Adaptateur remplacé, l’image est revenue sur les deux écrans.",
        impact=Impact.LOW,
    ),
    Subject(
        category="Matériel › Écran et accessoires",
        titles=("Vidéoprojecteur en panne {at}", "Plus de son dans la salle de réunion {at}"),
        description="Bonjour, impossible de présenter quoi que ce soit {at} : l’appareil ne voit"
        " plus aucun ordinateur. Une réunion publique s’y tient vendredi soir.",
        question="L’appareil affiche-t-il un message ? Est-ce le cas avec tous les portables ?",
        answer="« Aucun signal », avec les trois portables que nous avons essayés.",
        note="Boîtier mural HDMI arraché. Prévoir une fixation en goulotte.",
        solution="Boîtier mural remplacé et câble fixé. Essai fait avec deux portables.",
        urgency=Urgency.HIGH,
        impact=Impact.MEDIUM,
    ),
    Subject(
        category="Matériel › Impression",
        titles=("Le copieur {at} froisse le papier", "Bourrage à répétition {at}"),
        description="Bonjour,\n\nle copieur {at} froisse une feuille sur trois, surtout en"
        " recto verso. Nous avons changé de ramette, sans effet.",
        question="Est-ce le bac du haut ou celui du bas ? Quel est le compteur de pages ?",
        answer="Le bac du bas. Le compteur affiche 218 430.",
        note="Galets du bac 2 en fin de vie, prévus au contrat à 200 000 pages.",
        solution="Galets d’entraînement remplacés et bac nettoyé : cinquante pages recto verso"
        " sans bourrage.",
        tags=("copieur",),
    ),
    Subject(
        category="Matériel › Impression",
        titles=("Impossible d’imprimer {at}", "Mes documents restent dans la file d’attente"),
        description="Bonjour, rien ne sort de l’imprimante depuis ce matin. Mes documents restent"
        " « en attente » et mes collègues ont le même souci.",
        question="L’imprimante répond-elle quand vous copiez une page directement ?",
        answer="Oui, la copie marche. C’est seulement depuis les ordinateurs.",
        note="Service d’impression arrêté sur le serveur, journal saturé.",
        solution="File d’impression vidée et service relancé. Une surveillance préviendra"
        " désormais l’équipe avant vous.",
        tags=("copieur", "serveur"),
        urgency=Urgency.HIGH,
        impact=Impact.MEDIUM,
        picture="printing",
    ),
    Subject(
        category="Matériel › Impression",
        titles=("Toner à remplacer {at}", "Plus de toner couleur {at}"),
        description="Bonjour, le copieur demande un toner cyan et nous n’en avons plus en réserve.",
        question="Quelle est la référence inscrite sur l’étiquette, à l’intérieur de la porte ?",
        answer="TK-8365C, d’après l’étiquette.",
        note="Stock à deux : recommander avec la prochaine livraison.",
        solution="Toner posé et une cartouche d’avance laissée dans l’armoire.",
        is_request=True,
        urgency=Urgency.LOW,
        impact=Impact.MEDIUM,
    ),
    Subject(
        category="Matériel › Téléphonie",
        titles=("Téléphone muet {at}", "On ne m’entend plus au téléphone"),
        description="Bonjour, mes correspondants ne m’entendent pas depuis hier, alors que je les"
        " entends très bien. Le poste est le 41 27.",
        question="Est-ce pareil avec le haut-parleur ? Le cordon du combiné a-t-il été changé ?",
        answer="Avec le haut-parleur cela marche. Je n’ai rien changé.",
        note="Combiné usé, échange standard.",
        solution="Combiné et cordon remplacés, appel d’essai concluant.",
        impact=Impact.LOW,
    ),
    Subject(
        category="Matériel › Téléphonie",
        titles=("Renvoi d’appel pendant les congés {at}", "Changer le message du répondeur"),
        description="Bonjour, nous fermons l’accueil la semaine des vacances. Peut-on renvoyer la"
        " ligne vers le secrétariat et changer le message du répondeur ?",
        question="De quel jour à quel jour, et qui lira le nouveau message ?",
        answer="Du lundi au vendredi inclus. Je peux l’enregistrer moi-même si vous m’expliquez.",
        note="Créneau d’ouverture modifié dans le standard, groupe d’appel 12.",
        solution="Renvoi programmé aux dates demandées, il s’arrêtera de lui-même. La procédure"
        " pour le message est jointe à l’annuaire.",
        is_request=True,
        urgency=Urgency.LOW,
    ),
    Subject(
        category="Bâtiment › Chauffage",
        titles=("14 °C dans les bureaux {at}", "Radiateur froid {at}"),
        description="Bonjour, il fait 14 °C {at} ce matin et le radiateur reste froid. Deux agents"
        " travaillent en manteau.",
        question="Est-ce tout l’étage, ou une seule pièce ?",
        answer="Les trois pièces côté nord.",
        note="Vanne de la colonne nord grippée. Purge à faire par le chauffagiste.",
        solution="Vanne remplacée et circuit purgé : 20 °C relevés à midi.",
        tags=("chauffagiste",),
        urgency=Urgency.HIGH,
        impact=Impact.MEDIUM,
    ),
    Subject(
        category="Bâtiment › Éclairage",
        titles=("Néon qui clignote {at}", "Plus de lumière dans le couloir {at}"),
        description="Bonjour, l’éclairage clignote {at} depuis plusieurs jours et donne mal à la"
        " tête.",
        question="S’agit-il d’un tube ou d’une dalle LED ?",
        answer="Une dalle carrée au plafond, au-dessus du deuxième bureau.",
        note="Deux dalles à prévoir, l’autre noircit aussi.",
        solution="Les deux dalles ont été remplacées.",
        urgency=Urgency.LOW,
    ),
    Subject(
        category="Bâtiment › Serrurerie",
        titles=("Badge refusé à l’entrée {at}", "La porte du local ne ferme plus {at}"),
        description="Bonjour, mon badge est refusé à la porte du personnel depuis ce matin, je"
        " dois passer par l’accueil.",
        question="Le voyant du lecteur passe-t-il au rouge, ou reste-t-il éteint ?",
        answer="Il reste éteint, et c’est pareil pour mes collègues.",
        note="Lecteur sans alimentation : disjoncteur du local technique.",
        solution="Alimentation du lecteur rétablie, tous les badges sont de nouveau lus.",
        urgency=Urgency.HIGH,
        impact=Impact.MEDIUM,
    ),
)
