"""The product's own server with one more address, which reads what is posted and does nothing with it.

Run as a process of its own: `python -m tracker.bench.no_op_server run --port PORT`. The product never has the address.
"""

from tracker.serve import run  # isort: skip  first: it makes what is imported after it fit for gevent

import sys

from flask import Response, jsonify, request

from tracker.bench.posting import NO_OP
from tracker.ingest import api


def no_op() -> Response:
    """Passes everything that surrounds a request, as the address beside it does."""
    request.get_data(cache=False)
    return jsonify({"outcomes": []})


if __name__ == "__main__":
    api.blueprint.post(NO_OP.removeprefix(api.blueprint.url_prefix or ""))(no_op)
    run(sys.argv[2:])
