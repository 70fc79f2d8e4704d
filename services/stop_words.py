"""Words that say nothing about a problem, in French and English, lower case and without accents."""

_FRENCH = """
a afin ai ainsi alors apres as au aucun aucune aujourd aussi autre autres aux avant avec avez avoir
avons ayant beaucoup bien c ca car ce ceci cela celle celles celui ces cet cette ceux chaque chez
comme comment d dans de depuis des dessous dessus deux devant dois doit donc du elle elles en
encore entre es est et etaient etais etait etant ete etes etre eu eux fais fait faire faut font
hier hui ici il ils j jamais je jusqu jusque l la le les leur leurs lors lorsque lui m ma mais me
meme memes merci mes mettre mien moi moins mon n ne ni nos notre nous on ont ou par parce pas peu
peut peuvent peux plus plusieurs plutot pour pourquoi pourrait pourriez pouvez pouvoir presque pu
puis puisque qu quand que quel quelle quelles quelqu quelque quelques quels qui quoi rien s sa sans
se sera serait ses seulement si sinon soit son sont sous suis suite sur t ta te tes toi ton
toujours tous tout toute toutes tres trop tu un une va vais vers veut veux vient voici voila vont
vos votre vous vraiment y
"""
_ENGLISH = """
about above after again all also am an and any are as at be because been before being below between
both but by can cannot could did do does doing don down each few for from further get got had has
have having he her here hers him his how i if in into is it its just let like me more most my need
no nor not now of off on once one only or other our out over own please same she should since so
some still such than that the their them then there these they this those through to too under
until up us very want was we were what when where which while who whom why will with would you your
yours
"""
# What letters begin and end with, and what mail programs put around them.
_POLITE = """
agreer aimable aimablement amicalement attente avance bis bonjour bonne bonsoir cc cdlt cdt chere
cher cordialement courtoisie distingues expression fw fwd tr re journee madame mademoiselle
mesdames messieurs monsieur objet plait prie priere remercie remercier remerciant remerciements
reponse respectueusement retour salut salutations sentiments sincerement sincere soiree svp
transfere veuillez afternoon best cheers colleague colleagues dear evening fwd good hello hey hi
kind kindly mr mrs ms morning regards sent sincerely team thank thanks
"""

POLITE = frozenset(_POLITE.split())
IGNORED = frozenset(f"{_FRENCH} {_ENGLISH}".split()) | POLITE
# Of those, without which a name would say the contrary: before a word, and right after it.
_DENYING = "aucun aucune cannot don jamais n ne no not pas plus rien sans"
DENYING, DENYING_AFTER = frozenset(_DENYING.split()), frozenset({"jamais", "pas", "plus", "rien"})
