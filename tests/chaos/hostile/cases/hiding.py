"""Places where a page can say what no reader sees. What is planted there reads like the story itself."""

from __future__ import annotations

import json

from tests.chaos.hostile.case import Case, html, xml
from tests.chaos.hostile.documents import item, page, rss
from tests.chaos.hostile.planting import FACT

_DATA = json.dumps({"@type": "NewsArticle", "articleBody": FACT, "description": FACT})
INLINE = {
    "display none": "display: none",
    "display none important": "display:none!important",
    "display none in capitals": "DISPLAY:NONE",
    "display none after others": "color:red;margin:0;display:none",
    "display none with a comment in it": "display:/* grid */none",
    "display none by escapes": "d\\69 splay:n\\6f ne",
    "display none by a short escape": "di\\splay:no\\ne",
    "visibility hidden": "visibility:hidden",
    "visibility collapse": "visibility:collapse",
    "content visibility": "content-visibility:hidden",
    "opacity zero": "opacity:0",
    "opacity nearly zero": "opacity:0.01",
    "opacity by filter": "filter:opacity(0)",
    "font size zero": "font-size:0",
    "font size of one pixel": "font-size:1px",
    "font shorthand without size": "font:0/0 a",
    "transparent": "color:transparent",
    "transparent by alpha": "color:rgba(0,0,0,0)",
    "transparent by hex": "color:#ffffff00",
    "white on white": "color:#fff;background:#ffffff",
    "white on white by names": "background-color: white; color: rgb(255, 255, 255)",
    "off screen to the left": "position:absolute;left:-9999px",
    "off screen upwards": "position:fixed;top:-200vh",
    "off screen in rem": "position:absolute;left:-999rem",
    "off screen by inset": "position:absolute;inset:-9999px auto auto -9999px",
    "off screen by translation": "transform:translateX(-9999px)",
    "off screen by percent": "position:absolute;transform:translate(-1000%)",
    "indented away": "text-indent:-9999px;overflow:hidden",
    "scaled to nothing": "transform:scale(0)",
    "no height": "height:0;overflow:hidden",
    "a height of one pixel": "height:1px;width:1px;overflow:hidden;position:absolute",
    "no maximal height": "max-height:0;overflow:hidden",
    "clipped": "position:absolute;clip:rect(0,0,0,0)",
    "clipped by a path": "clip-path:inset(100%)",
    "clipped by a polygon": "clip-path:polygon(0 0,0 0,0 0)",
}
SHEETS = {
    "a rule of a class": (".x1{display:none}", 'class="x1"'),
    "a rule of an id": ("#x1{visibility:hidden}", 'id="x1"'),
    "a rule of an element and a class": ("p.x1{display:none}", 'class="x1"'),
    "a rule below another": ("body .x1{display:none}", 'class="x1"'),
    "a rule of an attribute": ("[data-x]{display:none}", "data-x=1"),
    "a rule that puts it off screen": (".x1{position:absolute;left:-9999px}", 'class="x1"'),
    "a rule that makes it tiny": (".x1{font-size:0}", 'class="x1"'),
    "a rule that clips it": (".x1{position:absolute;clip:rect(0,0,0,0)}", 'class="x1"'),
    "a rule that makes it white": (".x1{color:#fff;background:#fff}", 'class="x1"'),
    "a rule with an escape": (".x1{d\\69 splay:none}", 'class="x1"'),
    "a rule for the screen": ("@media screen{.x1{display:none}}", 'class="x1"'),
    "a rule for all media": ("@media all{.x1{visibility:hidden}}", 'class="x1"'),
    "a rule in a layer": ("@layer base{.x1{display:none}}", 'class="x1"'),
    "a rule after an import": ("@import url(a.css);.x1{display:none}", 'class="x1"'),
}
ELEMENTS = {
    "a comment": f"<!-- {FACT} -->",
    "a comment that looks closed": f"<!-- > --!{FACT} -->",
    "a declaration": f"<!ELEMENT {FACT}>",
    "a processing instruction": f"<?php {FACT} ?>",
    "a section of characters": f"<![CDATA[ {FACT} ]]>",
    "the attribute hidden": f"<p hidden>{FACT}</p>",
    "hidden with a value": f"<p hidden=HIDDEN>{FACT}</p>",
    "hidden from readers of the screen": f'<p aria-hidden="true">{FACT}</p>',
    "hidden by what stands around it": f"<div hidden><div><section><p>{FACT}</p></section></div></div>",
    "inert": f"<p inert style=display:none>{FACT}</p>",
    "a closed dialog": f"<dialog><p>{FACT}</p></dialog>",
    "a popover": f"<div popover><p>{FACT}</p></div>",
    "a template": f"<template><p>{FACT}</p></template>",
    "a shadow root": f'<div><template shadowrootmode="closed"><p>{FACT}</p></template></div>',
    "noscript": f"<noscript><p>{FACT}</p></noscript>",
    "noframes": f"<noframes><p>{FACT}</p></noframes>",
    "noembed": f"<noembed><p>{FACT}</p></noembed>",
    "a script": f"<script>var a = '{FACT}';</script>",
    "a script of text": f'<script type="text/plain">{FACT}</script>',
    "linked data": f'<script type="application/ld+json">{_DATA}</script>',
    "a style sheet": f"<style>/* {FACT} */ p::after{{content:'{FACT}'}}</style>",
    "a drawing": f"<svg><text>{FACT}</text><title>{FACT}</title><desc>{FACT}</desc></svg>",
    "a drawing with a page in it": f"<svg><foreignObject><p>{FACT}</p></foreignObject></svg>",
    "a formula": f"<math><mtext>{FACT}</mtext><annotation>{FACT}</annotation></math>",
    "a frame's own page": f'<iframe srcdoc="<p>{FACT}</p>">{FACT}</iframe>',
    "an object's substitute": f"<object data=x><p>{FACT}</p></object>",
    "a film's substitute": f"<video src=x><p>{FACT}</p></video>",
    "a sound's substitute": f"<audio src=x><p>{FACT}</p></audio>",
    "a canvas's substitute": f"<canvas><p>{FACT}</p></canvas>",
    "the text of a picture": f'<img src="/a.png" alt="{FACT}" title="{FACT}" longdesc="{FACT}">',
    "labels for machines": f'<p aria-label="{FACT}" data-text="{FACT}" title="{FACT}">&nbsp;</p>',
    "fields of a form": f'<form><input value="{FACT}" placeholder="{FACT}"><input type=hidden value="{FACT}"></form>',
    "suggestions of a field": f"<datalist><option>{FACT}</option></datalist>",
    "a list to choose from": f"<select><option>one<option>{FACT}</select>",
    "where a picture's map leads": f'<map name=m><area alt="{FACT}" href=x></map>',
    "a parameter": f'<object><param name=a value="{FACT}"></object>',
    "a head inside the body": f'<meta name=description content="{FACT}"><meta itemprop=articleBody content="{FACT}">',
    "marked up data": f'<span itemprop="description" content="{FACT}"></span>',
}


def cases() -> list[Case]:
    """Give every hiding place; every third one in the content of a feed's entry."""
    found = [*((name, "", f'<p style="{style}">{FACT}</p>') for name, style in INLINE.items())]
    found += [(name, f"<style>{sheet}</style>", f"<p {mark}>{FACT}</p>") for name, (sheet, mark) in SHEETS.items()]
    found += [(name, "", markup) for name, markup in ELEMENTS.items()]
    return [
        xml(f"hidden in an entry: {name}", rss(item(head + markup)), hidden=True)
        if at % 3 == 2
        else html(f"hidden in a page: {name}", page(markup, head=head), hidden=True)
        for at, (name, head, markup) in enumerate(found)
    ]
