"""How gunicorn serves the desk: `gunicorn wsgi:app` reads this file."""

import logging

from app.core import logs
from config import load

settings = load()
bind = settings.bind
wsgi_app = "wsgi:app"
worker_class = "gthread"
workers = settings.web_workers
threads = settings.web_threads
preload_app = True
control_socket_disable = True
timeout = 60
graceful_timeout = 10
keepalive = 5
max_requests = 20_000
max_requests_jitter = 2_000
accesslog = None
loglevel = "warning"
forwarded_allow_ips = "127.0.0.1,::1"


def on_starting(server):
    """Let gunicorn's own messages lose whatever came from a request."""
    logs.set_up_logs()
    logger = logging.getLogger("gunicorn.error")
    logger.handlers.clear()
    logger.propagate = True


def post_fork(server, worker):
    """A connection belongs to one process."""
    engine = server.app.wsgi().extensions["engine"]
    engine.dispose(close=False)
