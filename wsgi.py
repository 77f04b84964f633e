"""Where a web server and the `flask` command find the application."""

from app import create_app
from app.core.logs import set_up_logs
from config import load

set_up_logs()
app = create_app(load())
