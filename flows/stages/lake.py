"""Shares whole documents with other machines through a DuckLake: fetched before a run works, shared when it has ended.

Each run writes to a database file of its own, so that none waits for another; the lake's catalogue (a DuckDB, SQLite or
Postgres database) makes what one shares appear whole or not at all. Of two states of a document the one with more
reviews stands, then the later; of reviews none is ever lost. Knows the core tables by what names their rows, not what a
row means.
"""

import platform
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random_exponential

from flows.settings import settings
from flows.stages.database import SAFE_ERRORS, database_in_use
from flows.stages.encryption import is_encrypted, load_extension, quoted
from flows.stages.mask_rows import RUN_PARSERS
from flows.stages.mirror import Column, Columns, columns, mirror_tables, mirror_views
from flows.stages.review import settle
from flows.stages.store import Store
from schemas.errors import BadInput, DatabaseTooNew, StoreError
from schemas.masking import DEIDENTIFIED
from schemas.migrate import transaction

LAKE = "muniment_lake"
"""What the lake is called in SQL while it is attached."""

ADDRESS = re.compile(r"ducklake:(?:(?P<kind>sqlite|postgres|duckdb):)?(?P<place>.+)", re.DOTALL)
EXTENSIONS = {"sqlite": "sqlite_scanner", "postgres": "postgres_scanner"}
SECRET = re.compile(r"(?i)(password\s*=\s*)('[^']*'|[^\s'&]+)|(://[^:/@\s]*:)[^@\s]+(?=@)")
PASSING = re.compile(r"(?i)conflict|\b(?:dead)?lock(?:ed)?\b|serialize|already exists|unique constraint|duplicate key")
"""What DuckLake and its catalogues say where another machine was just faster."""

OWN = ("audit", "migrations")
"""Tables of one database file, which are not shared."""

CATALOGUE = ("domains", "fields")
OF_RUNS = ("quality", "runs")
"""In this order: a run that is there has its quality there."""

OF_PLACES = ("failures", "files", "skips", "supersessions")
"""What lies where on a machine: shared under its name, and not fetched, but for what was superseded."""

MACHINE = Column("VARCHAR", "The machine whose row it is, with its database.", "")
LAST_SHARE = {
    ("last_share", "machine"): Column(
        "VARCHAR", "The machine that shared last.", "One row, which each share replaces."
    ),
    ("last_share", "shared_at"): Column("TIMESTAMP WITH TIME ZONE", "When it began to.", ""),
}
"""In the lake alone. Shares add rows, which never conflict, so that two could add the same document: this one row makes the
slower of two look again.
"""

REPLACE_LAST = "DELETE FROM {target}.last_share; INSERT INTO {target}.last_share VALUES ({machine}, now())"
HAS_LAST = "SELECT 1 FROM {target}.last_share LIMIT 1"

MARKS = """
SELECT document_id, state, (coalesce(reviews, 0), stored_at, coalesce(parts, 0)) AS mark
FROM {core}.documents
LEFT JOIN (SELECT document_id, count(*) AS reviews FROM {core}.reviews GROUP BY ALL) USING (document_id)
LEFT JOIN (SELECT document_id, count(*) AS parts FROM {core}.indexed GROUP BY ALL) USING (document_id)
"""

NEWER = f"""
SELECT document_id, there.mark IS NOT NULL AS is_there
FROM ({MARKS.format(core="{source}")}) AS here LEFT JOIN ({MARKS.format(core="{target}")}) AS there USING (document_id)
WHERE (there.mark IS NULL OR here.mark > there.mark) AND {{condition}} ORDER BY document_id
"""  # noqa: S608 (SQL of our own)

BRING = "INSERT INTO {target} BY NAME SELECT {cells} FROM {source} WHERE {condition}"
FORGET = "DELETE FROM {target}.{table} WHERE {condition}"
REMOVE = "DELETE FROM {target}.{table} WHERE document_id IN (SELECT document_id FROM batch WHERE is_there)"
OF_BATCH = "document_id IN (SELECT document_id FROM batch)"
UNKNOWN_RUNS = "run_id NOT IN (SELECT run_id FROM {target}.runs)"
OWN_RUNS = "run_id IN (SELECT run_id FROM core.runs WHERE machine IS NULL)"

KEEP_REVIEWS = "INSERT INTO core.reviews BY NAME FROM mine WHERE review_id NOT IN (SELECT review_id FROM core.reviews)"
FETCH_REVIEWS = f"""
INSERT INTO core.reviews BY NAME FROM {LAKE}.core.reviews WHERE review_id NOT IN (SELECT review_id FROM core.reviews)
    AND document_id IN (SELECT document_id FROM core.documents WHERE state = 'processed')
"""  # noqa: S608 (SQL of our own)

HEARD_OF = f"""
document_id NOT IN (SELECT document_id FROM {LAKE}.core.reviews WHERE review_id NOT IN (SELECT review_id FROM core.reviews))
"""  # noqa: S608 (SQL of our own)

DIFFER = "(FROM {table} EXCEPT FROM {copy}) UNION ALL (FROM {copy} EXCEPT FROM {table}) LIMIT 1"

FORGET_SUPERSEDED = (
    "DELETE FROM core.supersessions WHERE run_id IN (SELECT run_id FROM core.runs WHERE machine IS NOT NULL)"
)
FETCH_SUPERSEDED = """
INSERT INTO core.supersessions BY NAME SELECT s.* EXCLUDE (machine) FROM {lake}.core.supersessions AS s
WHERE run_id IN (SELECT run_id FROM core.runs WHERE machine IS NOT NULL)
    AND document_id NOT IN (SELECT document_id FROM {lake}.core.files)
"""


@dataclass(frozen=True)
class Way:
    """From which core tables rows are brought into which."""

    source: str
    target: str


FETCHED = Way(f"{LAKE}.core", "core")
SHARED = Way("core", f"{LAKE}.core")


@dataclass(frozen=True)
class Lake:
    """Where a DuckLake has its catalogue and, for one that is new, its Parquet files; and who we are in it."""

    catalogue: str
    data: str | None
    machine: str

    @property
    def shown(self) -> str:
        """The catalogue as it may be said: without a password."""
        return without_secrets(self.catalogue)


def without_secrets(text: str) -> str:
    """The text with the passwords of connection strings left out."""
    return SECRET.sub(lambda found: f"{found[1] or found[3]}***", text)


def shared_lake(store: Store) -> Lake | None:
    """The lake of the settings; None where rows are not shared. Raises BadInput for an address that cannot be."""
    wanted = settings()
    if wanted.store == "file":
        return None
    if not ADDRESS.fullmatch(wanted.store):
        raise BadInput(
            f"MUNIMENT_STORE is {without_secrets(wanted.store)!r}; give file, or ducklake:CATALOGUE, where CATALOGUE is a"
            " DuckDB file, sqlite:FILE or postgres:CONNECTION"
        )
    return Lake(wanted.store, wanted.store_data, wanted.machine or f"{platform.node()}:{store.path.resolve()}")


class Exchange:
    """A run's with the shared store, if the settings name one: fetched when it is made, shared at its `end`.

    Reviews that have come in from other machines are applied, those too that a killed run had left.
    """

    def __init__(self, store: Store, deidentified: bool) -> None:
        self._store, self._lake = store, shared_lake(store)
        self.counts: dict[str, int] = {}
        """Documents, by what was done with them."""
        if self._lake:
            self.counts["fetched from the shared store"] = fetch(store, self._lake, deidentified)
        settle(store)

    def end(self) -> None:
        """Share what the run has left. Raises StoreError out of reach; what is stored stays for the next run to share."""
        if self._lake:
            self._store.record("share", self._lake.shown)
            self.counts["shared"] = share(self._store, self._lake)


def fetch(store: Store, lake: Lake, deidentified: bool) -> int:
    """Bring what other machines have shared into this database: how many documents were new or newer.

    Raises BadInput where they mask what they store and we do not, or the other way round; StoreError, DatabaseTooNew.
    """
    return _with(store, lake, lambda connection: _fetch(connection, lake, deidentified))


def share(store: Store, lake: Lake) -> int:
    """Bring what is new here into the lake, all or nothing: how many documents. Raises StoreError, DatabaseTooNew.

    A document that has been decided about elsewhere since `fetch` waits for the next run, which hears of it first.
    """
    return _with(store, lake, lambda connection: _share(connection, lake))


def _with(store: Store, lake: Lake, work: Callable[[duckdb.DuckDBPyConnection], int]) -> int:
    """The work done with the lake at hand; again where another machine was faster."""
    patient = Retrying(
        retry=retry_if_exception(lambda error: isinstance(error, duckdb.Error) and bool(PASSING.search(str(error)))),
        wait=wait_random_exponential(multiplier=0.2, max=2),
        stop=stop_after_delay(settings().busy_seconds),
        reraise=True,
    )
    with store.alone() as connection:
        if is_encrypted(connection):
            raise StoreError(
                f"database {store.path} is encrypted and is not shared: the catalogue of a DuckLake holds the lowest and the"
                " highest value of each column in plain; unset MUNIMENT_STORE"
            )
        try:
            return patient(_attached, connection, lake, work)
        except duckdb.Error as error:
            # others could quote a value, that is, words of a document
            told = isinstance(error, (*SAFE_ERRORS, duckdb.TransactionException))
            why = without_secrets(str(error).splitlines()[0]) if told else type(error).__name__
        except DatabaseTooNew as error:
            raise DatabaseTooNew(f"shared store {lake.shown}: {error}") from None
        raise StoreError(
            f"shared store {lake.shown}: {why}; what is stored in {store.path} is kept: run again to share it"
        )


def _attached(
    connection: duckdb.DuckDBPyConnection, lake: Lake, work: Callable[[duckdb.DuckDBPyConnection], int]
) -> int:
    address = ADDRESS.fullmatch(lake.catalogue)
    load_extension(connection, "ducklake")
    if address and address["kind"] in EXTENSIONS:
        load_extension(connection, EXTENSIONS[address["kind"]])
    # small inserts would lie in the catalogue, whose files others may read
    options = ["DATA_INLINING_ROW_LIMIT 0", *([f"DATA_PATH {quoted(lake.data)}"] if lake.data else [])]
    connection.execute(f"ATTACH {quoted(lake.catalogue)} AS {LAKE} ({', '.join(options)})")
    try:
        return work(connection)
    finally:
        connection.execute(f"DETACH {LAKE}")


def _fetch(connection: duckdb.DuckDBPyConnection, lake: Lake, deidentified: bool) -> int:
    tables = _shared_tables(connection)
    mirror_tables(connection, tables, LAKE)
    for (parser,) in connection.execute(RUN_PARSERS.replace("core.", f"{FETCHED.source}.")).fetchall():
        if (DEIDENTIFIED in parser) != deidentified:
            was, use = ("without", "leave it out") if deidentified else ("with", "give it")
            raise BadInput(
                f"{lake.shown} was begun {was} --deidentify, and one shared store never mixes the two; {use}, or name"
                " another MUNIMENT_STORE"
            )
    with transaction(connection), _newer(connection, FETCHED, "here.state = 'processed'") as count:
        for table in OF_RUNS:
            _bring(connection, FETCHED, table, UNKNOWN_RUNS)
        with _kept_reviews(connection):
            _replace_documents(connection, tables, FETCHED)
        connection.execute(FORGET_SUPERSEDED)
        connection.execute(FETCH_SUPERSEDED.format(lake=LAKE))
    return count


@contextmanager
def _kept_reviews(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """What was decided here and elsewhere about the batch and any other document is there when the block has ended."""
    mine = connection.execute(f"FROM core.reviews WHERE {OF_BATCH}").to_arrow_table()
    yield
    connection.register("mine", mine)
    try:
        connection.execute(KEEP_REVIEWS)
        connection.execute(FETCH_REVIEWS)
    finally:
        connection.unregister("mine")


def _share(connection: duckdb.DuckDBPyConnection, lake: Lake) -> int:
    tables = _shared_tables(connection)
    mirror_tables(connection, tables, LAKE)
    mirror_views(connection, database_in_use(connection), LAKE)
    target, me = SHARED.target, quoted(lake.machine)
    mark = REPLACE_LAST.format(target=target, machine=me)
    if not connection.execute(HAS_LAST.format(target=target)).fetchall():
        connection.execute(mark)
    with transaction(connection), _newer(connection, SHARED, HEARD_OF) as count:
        connection.execute(mark)
        for table, cells in zip(OF_RUNS, ("*", f"* REPLACE ({me} AS machine)"), strict=True):
            _bring(connection, SHARED, table, f"{OWN_RUNS} AND {UNKNOWN_RUNS}", cells)
        _replace_documents(connection, tables, SHARED)
        for table in OF_PLACES:
            connection.execute(FORGET.format(target=target, table=table, condition=f"machine = {me}"))
            condition = OWN_RUNS if table == "supersessions" else "true"
            _bring(connection, SHARED, table, condition, f"*, {me} AS machine")
        for table in CATALOGUE:
            if connection.execute(DIFFER.format(table=f"core.{table}", copy=f"{target}.{table}")).fetchall():
                connection.execute(FORGET.format(target=target, table=table, condition="true"))
                _bring(connection, SHARED, table, "true")
    return count


def _shared_tables(connection: duckdb.DuckDBPyConnection) -> Columns:
    """What the lake holds of this database's tables."""
    found = {key: made for key, made in columns(connection, database_in_use(connection)).items() if key[0] not in OWN}
    return {**found, **LAST_SHARE, **{(table, "machine"): MACHINE for table in OF_PLACES}}


@contextmanager
def _newer(connection: duckdb.DuckDBPyConnection, way: Way, condition: str) -> Iterator[int]:
    """How many documents the target has not, or not so new; they are the table `batch` meanwhile."""
    newer = NEWER.format(source=way.source, target=way.target, condition=condition)
    found = connection.execute(newer).to_arrow_table()
    connection.register("batch", found)
    try:
        yield found.num_rows
    finally:
        connection.unregister("batch")


def _replace_documents(connection: duckdb.DuckDBPyConnection, tables: Columns, way: Way) -> None:
    """Every row of the batch's documents in the target becomes the source's."""
    if not connection.execute("SELECT 1 FROM batch LIMIT 1").fetchall():
        return
    for table in [table for table, column in tables if column == "document_id" and table not in OF_PLACES]:
        connection.execute(REMOVE.format(target=way.target, table=table))
        _bring(connection, way, table, OF_BATCH)


def _bring(connection: duckdb.DuckDBPyConnection, way: Way, table: str, condition: str, cells: str = "*") -> None:
    """Add the source's rows that meet the condition; it and the cells are SQL of ours."""
    target = f"{way.target}.{table}"
    wanted = condition.format(target=way.target)
    connection.execute(BRING.format(target=target, source=f"{way.source}.{table}", cells=cells, condition=wanted))
