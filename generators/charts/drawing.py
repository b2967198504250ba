"""Drawing comparable numbers as a bar chart and as a table: PNGs that are the same bytes for the same numbers."""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO

from PIL import Image, ImageDraw

from domain.picture import Bar, Comparison
from generators.charts.lettering import cut, font, width, wrapped, written

SIZE = (1200, 675)  # pixels; what X shows uncut
MARGIN = 60
INK, FAINT, PAPER, RULE = "#14171a", "#5b7083", "#ffffff", "#e1e8ed"
RISE, FALL, STRIPE = "#1d75bd", "#c0392b", "#f5f8fa"
TITLE, SUBTITLE, SMALLEST, LARGEST = 40, 26, 18, 30
LONGEST_TITLE = 160  # characters, more than two lines take
LOWEST = 400  # pixels of a short table's height
COLUMNS = 5  # of a table that one picture shows


def bar_chart(compared: Comparison) -> bytes:
    """Give the bar chart of *compared* as a PNG: a bar for each number, from zero, to scale."""
    image, draw, top = _sheet(compared, counted_in(compared))
    height = (SIZE[1] - MARGIN // 2 - top) / len(compared.bars)
    size = max(SMALLEST, min(LARGEST, int(height * 0.5)))
    labels = [cut(written(bar.label), size, 330) for bar in compared.bars]
    shown = [_shown(bar) for bar in compared.bars]
    left = MARGIN + max(width(label, size) for label in labels) + 20
    room = SIZE[0] - MARGIN - left - max(width(text, size) for text in shown) - 15
    low = min(Decimal(0), *(bar.value for bar in compared.bars))
    high = max(Decimal(0), *(bar.value for bar in compared.bars))
    zero = left + _pixels(-low, low, high, room)
    for at, (bar, label, text) in enumerate(zip(compared.bars, labels, shown, strict=True)):
        middle = round(top + height * (at + 0.5))
        half = max(4, round(height * 0.32))
        end = zero + _pixels(bar.value, low, high, room)
        draw.text((left - 20, middle), label, font=font(size), fill=INK, anchor="rm")
        draw.rectangle(
            (min(zero, end), middle - half, max(zero, end), middle + half), fill=FALL if bar.value < 0 else RISE
        )
        draw.text((max(zero, end) + 15, middle), text, font=font(size), fill=INK, anchor="lm")
    draw.line((zero, top, zero, SIZE[1] - MARGIN // 2), fill=FAINT, width=2)
    return _png(image)


def data_table(compared: Comparison) -> bytes:
    """Give the table of *compared* as a PNG: the whole table that it is a column of, or two columns."""
    image, draw, top = _sheet(compared, "" if compared.table else counted_in(compared))
    rows = [[written(cell) for cell in row[:COLUMNS]] for row in table_of(compared)]
    height = min(64, (SIZE[1] - MARGIN // 2 - top) // len(rows))
    size = max(SMALLEST, min(LARGEST, int(height * 0.55)))
    places = _columns(rows, size)
    for at, row in enumerate(rows):
        y = top + at * height
        if at and at % 2 == 0:
            draw.rectangle((MARGIN, y, SIZE[0] - MARGIN, y + height), fill=STRIPE)
        for number, (cell, (left, room)) in enumerate(zip(row, places, strict=True)):
            anchor, x = ("lm", left) if number == 0 else ("rm", left + room)
            draw.text(
                (x, y + height // 2),
                cut(cell, size, room),
                font=font(size),
                fill=FAINT if at == 0 else INK,
                anchor=anchor,
            )
    draw.line((MARGIN, top + height, SIZE[0] - MARGIN, top + height), fill=FAINT, width=2)
    return _png(image.crop((0, 0, SIZE[0], min(SIZE[1], max(top + height * len(rows) + MARGIN // 2, LOWEST)))))


def table_of(compared: Comparison) -> tuple[tuple[str, ...], ...]:
    """Give the rows that a table of *compared* shows, its header first."""
    if compared.table:
        return compared.table
    named = compared.measure or compared.unit
    return (("", named), *((bar.label, bar.shown) for bar in compared.bars))


def _sheet(compared: Comparison, counted: str) -> tuple[Image.Image, ImageDraw.ImageDraw, int]:
    """Give an empty sheet with the title and what is *counted*, and where the rest begins."""
    image = Image.new("RGB", SIZE, PAPER)
    draw = ImageDraw.Draw(image)
    y = MARGIN // 2
    for line in wrapped(written(compared.title)[:LONGEST_TITLE], TITLE, SIZE[0] - 2 * MARGIN, 2):
        draw.text((MARGIN, y), line, font=font(TITLE), fill=INK)
        y += round(TITLE * 1.3)
    if counted:
        draw.text((MARGIN, y), cut(written(counted), SUBTITLE, SIZE[0] - 2 * MARGIN), font=font(SUBTITLE), fill=FAINT)
        y += round(SUBTITLE * 1.4)
    draw.line((MARGIN, y + 8, SIZE[0] - MARGIN, y + 8), fill=RULE, width=2)
    return image, draw, y + 20


def counted_in(compared: Comparison) -> str:
    """Say what is counted, and in what: Population (millions)."""
    measure, unit = compared.measure, compared.unit
    return f"{measure} ({unit})" if measure and unit and unit not in measure else measure or unit


def _shown(bar: Bar) -> str:
    return cut(written(bar.shown), LARGEST, 260)


def _pixels(value: Decimal, low: Decimal, high: Decimal, room: int) -> int:
    return round(value / (high - low) * room) if high != low else 0


def _columns(rows: list[list[str]], size: int) -> list[tuple[int, int]]:
    """Give where each column begins and how wide it is: by what stands in it, and all of them as wide as the sheet."""
    wanted = [max(60, *(width(row[at], size) for row in rows)) for at in range(len(rows[0]))]
    gap = 30
    room = SIZE[0] - 2 * MARGIN - 20 - gap * (len(wanted) - 1)
    scale = room / sum(wanted)
    widths = [int(each * scale) for each in wanted]
    starts = [MARGIN + 10 + sum(widths[:at]) + gap * at for at in range(len(widths))]
    return list(zip(starts, widths, strict=True))


def _png(image: Image.Image) -> bytes:
    found = BytesIO()
    image.quantize(64, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(found, "PNG", compress_level=9)
    return found.getvalue()
