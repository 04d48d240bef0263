import sqlite3
import sys

from google.cloud import bigquery

from credentials import authorized_user

wanted, path, endpoint, credentials = sys.argv[1:]
options = {"api_endpoint": endpoint}
client = bigquery.Client("conformance", authorized_user(credentials), client_options=options)
rows = client.query(wanted).result() if " " in wanted else client.list_rows(wanted)
database = sqlite3.connect(path)
database.execute("CREATE TABLE IF NOT EXISTS results (id INTEGER, name TEXT)")
with database:
    database.execute("DELETE FROM results")
    database.executemany("INSERT INTO results VALUES (?, ?)", (row.values() for row in rows))
