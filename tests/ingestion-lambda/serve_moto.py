"""moto's S3 and SNS on a free loopback port, which is printed. One request at a time: its conditional writes are not atomic."""

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server


class Quiet(WSGIRequestHandler):
    def log(self, *_):
        pass


server = make_server(
    "127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=False, request_handler=Quiet
)
print(server.port, flush=True)
server.serve_forever()
