"""Words whose full stop does not end a sentence, and what may follow an ordinal number."""

from __future__ import annotations

ABBREVIATIONS = frozenset(
    """
    mr mrs ms dr prof rev hon gen col maj capt lt sgt sr jr st messrs mmes gov sen rep pres dept univ assn inc ltd co corp
    vs etc al ca cf e.g i.e eg ie approx est no nos vol pp ed eds fig figs ch sec para op cit ibid viz jan feb mar apr jun
    jul aug sep sept oct nov dec mon tue wed thu fri a.m p.m u.s u.k u.n d.c ph.d b.a m.a mt ft ave blvd rd bros
    abs allg amtl anm art aufl bd bsp bspw bzgl bzw d.h dergl dgl dipl dr e.v e.k ehem eigtl einschl entspr erg evtl exkl
    frdl frz gegr geb gest gez ggf ggfs hl hr hrn hrsg inkl insb ing jh jhd kath komm lat lfd lt max mind min mio mrd nr
    o.ä o.g p.a phil rd rel s.o s.u sog st std stellv str tel tsd u.a u.ä u.s.w usf usw u.u v.a v.chr n.chr vgl vorl vors
    z.b z.hd z.t z.z zz zzgl zt bes betr dez feb jan okt sept abb kap tab verf vs abt h.c i.d.r i.v m.e s.a z.zt ed
    mme mlle mm me mgr av apr boul bld cie dép env éd etc ex fém hab hist id irrég m masc math p.ex p pl préf réf suiv sing
    janv févr avr juil déc tél vol
    sra srta srs dña dr dra lic ud uds vd vds ej p.ej pág págs núm art cap cía ee.uu aprox tel avda gral ing prof excmo
    sig sigg sig.ra dott dott.ssa prof.ssa avv ing on ecc es pag pagg cfr art nr tel gen
    sr sra dr dra exmo exma av núm pág págs prof profª eng
    dhr mevr mw drs ir mr ing bijv blz d.w.z enz e.d m.b.t m.i.v nl o.a o.m t.a.v t/m z.g.a zgn nr jl art ca
    np tzn itd itp ul pl al dr inż hab mgr prof św ks por ww tj zob min max r w godz tel m.in n.p ok tys mln mld
    např atd apod tj tzv mj č str viz popř resp ing mgr bc mudr judr phdr rndr sv tř nám ul
    bl.a dvs etc ca kl osv t.ex t.o.m f.d f.n mm m.m m.fl nr s.k o.s.v f.eks jf ff d.v.s red mht mfl iht pga bl.a
    т.е т.д т.п т.к г гг в вв ул пр д стр рис см ср им тыс млн млрд руб коп проф акад др т.н и.о
    esim ns mm jne ym yms ks klo n os puh
    vb vd dr prof doç av sn bkz örn
    ún tzv
    """.split()
)

MONTHS = frozenset(
    """
    januar jänner februar märz april mai juni juli august september oktober november dezember jan feb apr jun jul aug sep
    sept okt nov dez montag dienstag mittwoch donnerstag freitag samstag sonntag jahrhundert jahrhunderts jh tag woche
    monat jahrestag geburtstag etage stock klasse liga platz runde spieltag minute auflage ausgabe juli staffel folge
    januari februari maart mei augusti oktober december ledna února března dubna května června července srpna září října
    listopadu prosince januára mars apríl
    """.split()
)
