"""What the manual says beside the commands' own help: arguments, exit codes, environment, files, related pages."""

from __future__ import annotations

from dataclasses import dataclass

EVERYWHERE = (0, 2, 3, 7, 130)  # exit codes that any command may end with

API = ("OSTINATO_XQUIK_URL", "OSTINATO_XQUIK_KEY", "OSTINATO_RATE_LIMITS", "OSTINATO_REQUEST_TIMEOUT")
WEB = ("OSTINATO_ALLOW_NETWORKS",)
MODEL = ("OPENAI_BASE_URL", "OPENAI_API_KEY", "OSTINATO_MODEL", "OSTINATO_MODEL_TIMEOUT")
PRICES = ("OSTINATO_MODEL_PRICE_IN", "OSTINATO_MODEL_PRICE_OUT")
EDITOR = ("VISUAL", "EDITOR")
KEEP = ("OSTINATO_KEEP", "OSTINATO_KEEP_DRAFTS", "OSTINATO_KEEP_EVENTS")
SECRET = "$OSTINATO_HOME/secret.key"  # noqa: S105 - a path
SETTINGS = "$OSTINATO_HOME/settings.env"


@dataclass(frozen=True, slots=True)
class Notes:
    """About one command. *codes* are those beside EVERYWHERE; *see* are pages of docs/ without their ending."""

    codes: tuple[int, ...] = ()
    environment: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    see: tuple[str, ...] = ()


# What an argument is, by its name in the usage line; of one command where it means something else there.
ARGUMENTS = {
    "NAME": "A template's name or id.",
    "ID": "An id; its beginning is enough: at least six characters, which only one begins with.",
    "ID|TEMPLATE": "A run's id or its beginning, or a template's name.",
    "FILE": "A template file: .toml, .yaml, .yml or .json.",
    "DIR": "A folder of template files.",
    "NUMBER": "A feed's number in `ostinato feed list`.",
    "NUMBER|URL": "A feed's number in `ostinato feed list`, or its URL.",
    "URL": "An http or https URL.",
    "USERNAME": "An X username, with or without @.",
    "STYLE": "The name of a style.",
    "OTHER": "The name of another style.",
    "WEBHOOK": "A webhook's id in `ostinato callback list`, or its beginning.",
    "DELIVERY": "A delivery's id in `ostinato callback list`, or its beginning.",
    "TEXT": "The text of a post.",
    "completion shell": "Your shell.",
    "schema kind": "What the schema is of; `template` when left out.",
    "account resume NAME": "The X account, with or without @.",
    "account set NAME": "The X account, with or without @.",
    "account budget NAME": "The X account, with or without @.",
    "backup FILE": "Where the copy is put.",
    "restore FILE": "A file that `ostinato backup` wrote.",
    "file add FILE": "A sound (wav, mp3, ogg, m4a, flac, webm) or a picture (png, jpeg, gif, webp).",
    "file remove FILE": "A file's id in `ostinato file list`, or its beginning.",
    "file show FILE": "A file's id in `ostinato file list`, or its beginning.",
    "style save NAME": "What the style is called: 1 to 30 letters, digits, dots, dashes and underscores.",
    "style save FILE": "The posts, UTF-8, with a line of --- between them.",
    "style show NAME": "The name of a style.",
    "post show ID": "A post's id, or a publication's, or its beginning.",
    "post delete ID": "A post's id, or a publication's, or its beginning.",
    "token create NAME": "What the token is called: who uses it.",
    "TOKEN": "A token's id in `ostinato token list`, or its beginning.",
    "post settle ID": "A post's id, or a publication's, or its beginning.",
    "TOPIC": "What to look up, in a few words or a question.",
    "project add NAME": "What the project is called: up to 200 characters.",
}

NOTES = {
    "account budget": Notes(see=("budgets",)),
    "account list": Notes((6,), API),
    "account resume": Notes((5,), see=("operating",)),
    "account set": Notes(environment=("OSTINATO_ACCOUNT_SPACING",), see=("schedules",)),
    "backup": Notes((5,), files=("FILE: the copy, mode 600",), see=("operating",)),
    "budget": Notes((4,), see=("budgets",)),
    "calendar list": Notes(see=("schedules",)),
    "calendar refresh": Notes((4, 8), WEB, see=("schedules",)),
    "callback list": Notes(files=(SECRET,), see=("callbacks",)),
    "callback redeliver": Notes((4,), see=("callbacks",)),
    "callback switch-on": Notes((4, 5), files=(SECRET,), see=("callbacks",)),
    "callback test": Notes((4, 8), WEB, (SECRET,), ("callbacks",)),
    "completion": Notes(),
    "daemon": Notes(
        (5,),
        ("every setting of [settings](settings.md)",),
        (SECRET, "$OSTINATO_DATABASE.daemon: locked while it runs", "OSTINATO_LOG_FILE"),
        ("operating", "monitoring", "scaling", "sandbox"),
    ),
    "db prune": Notes(environment=KEEP, see=("storage",)),
    "db upgrade": Notes(see=("storage", "operating")),
    "doctor": Notes((1,), (*API, *WEB, *MODEL), (SETTINGS, SECRET), ("operating",)),
    "events": Notes((4,), ("OSTINATO_KEEP_EVENTS",), see=("callbacks",)),
    "feed add": Notes((5, 8), WEB, see=("sources",)),
    "feed entries": Notes((4,), see=("sources",)),
    "feed list": Notes(see=("sources",)),
    "feed remove": Notes((4, 5), see=("sources",)),
    "file add": Notes(see=("sources",)),
    "file list": Notes(see=("sources",)),
    "file remove": Notes((4, 5), see=("sources",)),
    "file show": Notes((4,), see=("sources",)),
    "init": Notes(
        (5, 6, 8),
        (*API, *WEB),
        (f"{SETTINGS}: written, mode 600", "$OSTINATO_HOME/xquik.key: the API key, mode 600", SECRET),
        ("settings",),
    ),
    "logs": Notes(environment=("OSTINATO_LOG_FILE",), files=("OSTINATO_LOG_FILE",), see=("monitoring",)),
    "model test": Notes((1, 8), (*MODEL, *PRICES), see=("model",)),
    "post delete": Notes((4, 5, 6), API, see=("publishing",)),
    "post list": Notes((4,), see=("publishing",)),
    "post settle": Notes((4, 5), API, see=("publishing",)),
    "post show": Notes((4,), see=("publishing", "writing")),
    "project add": Notes((8,), WEB, see=("research",)),
    "project edit": Notes((4, 8), WEB, see=("research",)),
    "project list": Notes(see=("research",)),
    "project remove": Notes((4,), see=("research",)),
    "project show": Notes((4,), see=("research",)),
    "research list": Notes((4,), see=("research",)),
    "research recurring edit": Notes((4, 5), see=("research",)),
    "research recurring list": Notes(see=("research",)),
    "research recurring pause": Notes((4,), see=("research",)),
    "research recurring resume": Notes((4, 5), see=("research",)),
    "research recurring show": Notes((4,), see=("research",)),
    "research show": Notes((4,), see=("research",)),
    "research start": Notes(see=("research", "sources")),
    "restore": Notes((5,), files=("FILE: only read", "the database that was there, beside it"), see=("operating",)),
    "run approve": Notes((4, 5), see=("templates",)),
    "run backfill": Notes((4, 5), see=("schedules",)),
    "run cancel": Notes((4, 5)),
    "run list": Notes((4,), see=("reasons",)),
    "run reject": Notes((4, 5), see=("templates",)),
    "run retry": Notes((4, 5), see=("reasons",)),
    "run show": Notes((4,)),
    "run why": Notes((4,), see=("why", "reasons")),
    "sandbox": Notes((5,), files=("the FILE of --database",), see=("sandbox",)),
    "schema": Notes(see=("templates", "callbacks", "json")),
    "score": Notes((6,), API, see=("writing",)),
    "secrets rotate": Notes(
        (4, 5), ("OSTINATO_CALLBACK_SECRET",), (f"{SECRET}: replaced",), ("operating", "callbacks")
    ),
    "serve": Notes(
        (5,),
        ("OSTINATO_HTTP_HOST", "OSTINATO_HTTP_PORT", *WEB),
        (SECRET, "$OSTINATO_DATABASE.serve: locked while it runs", "OSTINATO_LOG_FILE"),
        ("http-api", "scaling"),
    ),
    "status": Notes((1,), see=("monitoring",)),
    "style compare": Notes((4, 6), API, see=("writing",)),
    "style fetch": Notes((6, 8), API, see=("writing",)),
    "style list": Notes(see=("writing",)),
    "style save": Notes((6,), API, see=("writing",)),
    "style show": Notes((4,), see=("writing",)),
    "template add": Notes((5,), API, (SECRET,), ("templates", "schedules", "sources")),
    "template apply": Notes((5,), files=(SECRET,), see=("planning", "templates")),
    "template delete": Notes((4,), see=("templates",)),
    "template edit": Notes(
        (4, 5, 8), EDITOR, ("$OSTINATO_HOME/edits/: texts that were not kept", SECRET), ("templates", "planning")
    ),
    "template export": Notes((5,), files=("DIR/NAME.toml",), see=("planning",)),
    "template list": Notes(see=("templates",)),
    "template move": Notes((4, 5), see=("schedules",)),
    "template pause": Notes((4, 5), see=("templates",)),
    "template plan": Notes((4,), ("OSTINATO_ACCOUNT_SPACING",), ("the FILE of --ics",), ("planning",)),
    "template preview": Notes((4, 6, 8), (*API, *WEB, *MODEL), see=("schedules", "writing")),
    "template resume": Notes((4, 5), see=("templates",)),
    "template run": Notes((4, 5), see=("templates",)),
    "template show": Notes((4,), see=("templates",)),
    "template skip": Notes((4, 5), see=("schedules",)),
    "template why": Notes((4,), see=("why", "reasons")),
    "token create": Notes(see=("http-api",)),
    "token list": Notes(see=("http-api",)),
    "token revoke": Notes((4,), see=("http-api",)),
}  # fmt: skip
