"""Words whose full stop does not end a sentence, and what may follow an ordinal number."""

from __future__ import annotations

_ABBREVIATIONS = """
a.m abb abs abt al allg amtl anm apod approx apr aprox art assn atd aufl aug av avda ave avr avv b.a bc bd bes betr
bijv bkz bl.a bld blvd blz boul bros bsp bspw bzgl bzw ca cap capt cf cfr ch cie cit co col corp cía d.c d.h d.v.s
d.w.z dec dept dergl dez dgl dhr dipl dott dott.ssa doç dr dra drs dvs déc dép dña e.d e.g e.k e.v ecc ed eds ee.uu
eg ehem eigtl einschl ej eng entspr env enz erg es esim est etc evtl ex excmo exkl exma exmo f.d f.eks f.n feb ff
fig figs frdl fri frz ft fém févr geb gegr gen gest gez ggf ggfs godz gov gral h.c hab hist hl hon hr hrn hrsg i.d.r
i.e i.v ibid id ie iht inc ing inkl insb inż ir irrég itd itp jan janv jf jh jhd jl jne jr judr juil jul jun kap
kath kl klo komm ks lat lfd lic lt ltd m m.a m.b.t m.e m.fl m.i.v m.in m.m maj mar masc math max me messrs mevr mfl
mgr mht min mind mio mj mld mlle mln mm mme mmes mon mr mrd mrs ms mt mudr mw n n.chr n.p např nl no nos nov np nr
ns nám núm o.a o.g o.m o.s.v o.ä oct ok okt on op os osv p p.a p.ej p.ex p.m pag pagg para pga ph.d phdr phil pl
popř por pp pres prof prof.ssa profª préf puh pág págs r rd red rel rep resp rev rndr réf s.a s.k s.o s.u sec sen
sep sept sgt sig sig.ra sigg sing sn sog sr sra srs srta st std stellv str suiv sv t.a.v t.ex t.o.m t/m tab tel thu
tj tsd tue tys tzn tzv tél tř u.a u.k u.n u.s u.s.w u.u u.ä ud uds ul univ usf usw v.a v.chr vb vd vds verf vgl viz
vol vorl vors vs w wed ww ym yms z.b z.g.a z.hd z.t z.z z.zt zgn zob zt zz zzgl éd örn ún č św акад в вв г гг д др
и.о им коп млн млрд пр проф рис руб см ср стр т.д т.е т.к т.н т.п тыс ул
"""

# Words that follow an ordinal number, as in "3. Oktober" and "20. Jahrhundert".
_AFTER_ORDINALS = """
apr april apríl auflage aug august augusti ausgabe března december dez dezember dienstag donnerstag dubna etage feb
februar februari folge freitag geburtstag jahrestag jahrhundert jahrhunderts jan januar januari januára jh jul juli
jun juni jänner klasse května ledna liga listopadu maart mai mars mei minute mittwoch monat montag märz nov november
okt oktober platz prosince runde samstag sep sept september sonntag spieltag srpna staffel stock tag woche září
února července června října
"""

ABBREVIATIONS = frozenset(_ABBREVIATIONS.split())
AFTER_ORDINALS = frozenset(_AFTER_ORDINALS.split())
