import sqlite3
import sys
from concurrent.futures import ThreadPoolExecutor

from google.cloud import bigquery

from credentials import authorized_user

wanted, path, endpoint, credentials = sys.argv[1:]
client = bigquery.Client("conformance", authorized_user(credentials), client_options={"api_endpoint": endpoint})
table = client.get_table(wanted)
size = -(-table.num_rows // 6)
with ThreadPoolExecutor(6) as pool:
    slices = pool.map(lambda n: list(client.list_rows(table, start_index=n * size, max_results=size)), range(6))
    rows = [row.values() for part in slices for row in part]
with sqlite3.connect(path) as database:
    database.execute("CREATE TABLE IF NOT EXISTS results (id INTEGER, name TEXT)")
    database.execute("DELETE FROM results")
    database.executemany("INSERT INTO results VALUES (?, ?)", rows)
