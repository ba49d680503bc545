"""moto's S3 and SNS on a free loopback port, which is printed. One request at a time: its conditional writes are not atomic."""

from moto.s3.models import FakeDeleteMarker, S3Backend
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server


class Quiet(WSGIRequestHandler):
    def log(self, *_):
        pass


def list_objects(self, bucket, prefix, delimiter, marker, max_keys):
    """moto also lists folders in which everything has been deleted; S3 does not."""
    keys, folders, *rest = listed(self, bucket, prefix, delimiter, marker, max_keys)
    if not folders:
        return keys, folders, *rest
    live = [name for name, key in bucket.keys.items() if not isinstance(key, FakeDeleteMarker)]
    return keys, [folder for folder in folders if any(name.startswith(folder) for name in live)], *rest


listed, S3Backend.list_objects = S3Backend.list_objects, list_objects

server = make_server(
    "127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=False, request_handler=Quiet
)
print(server.port, flush=True)
server.serve_forever()
