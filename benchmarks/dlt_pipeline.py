"""What benchmarks/ingest.py runs in dlt's own environment: merge the API's list into a table, print the seconds."""

from __future__ import annotations

import sys
import time

import dlt
from dlt.sources.rest_api import rest_api_source


def main(port: str, dsn: str) -> None:
    """One run of the pipeline; the state of earlier runs lies in DLT_DATA_DIR."""
    source = rest_api_source(
        {
            "client": {"base_url": f"http://127.0.0.1:{port}"},
            "resources": [
                {
                    "name": "customer",
                    "primary_key": "id",
                    "write_disposition": "merge",
                    "endpoint": {
                        "path": "customers",
                        "params": {"size": 1000},
                        "data_selector": "customers",
                        "paginator": {"type": "header_link"},
                    },
                }
            ],
        }
    )
    pipeline = dlt.pipeline("bench", destination=dlt.destinations.postgres(dsn), dataset_name="bench")
    began = time.perf_counter()
    pipeline.run(source)
    print(time.perf_counter() - began)


if __name__ == "__main__":
    main(*sys.argv[1:])
