"""`muniment encrypt`: a database made unreadable without its key."""

import typer

from flows.commands.options import DEFAULT_DATABASE, Database, need_database


def encrypt(database: Database = DEFAULT_DATABASE) -> None:
    """Encrypt a plain database and all that is published of it; the key is read from MUNIMENT_KEY_FILE."""
    from flows.stages.audit import record
    from flows.stages.encryption import database_key
    from flows.stages.export import export_parquet, parquet_path, remove_parquet
    from flows.stages.publish import encrypt as encrypt_database

    need_database(database)
    database_key()
    record(database, "encrypt")
    encrypt_database(database)
    if parquet_path(database).exists():
        remove_parquet(database)
        export_parquet(database)
    typer.echo(f"{database} is encrypted; keep the key, without it nothing can be read")
    typer.echo("the plain file is deleted, not wiped: a disk that is not encrypted itself may still hold its blocks")
