# The portal's image: web, worker, beat and migrations are the same image with another command.
# Pin the base by digest where you build for others: PYTHON_IMAGE=python@sha256:…
ARG PYTHON_IMAGE=python:3.11-slim-bookworm

FROM ${PYTHON_IMAGE} AS packages
COPY runner/uv.lock /build/uv.lock
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /build/uv.lock
COPY deploy/requirements.lock /build/requirements.lock
RUN python -m venv /venv \
    && uv pip sync --no-cache --python /venv/bin/python --require-hashes /build/requirements.lock

FROM ${PYTHON_IMAGE}
RUN apt-get update -qq \
    && apt-get install -y --no-install-recommends fonts-wqy-microhei \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin portal \
    && install -d -o portal -g portal -m 0700 /destroyed
COPY --from=packages /venv /venv
WORKDIR /app
COPY --chown=root:root . /app
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=icp_portal.settings \
    PORTAL_DATA=/tmp/portal \
    PORTAL_STATIC_ROOT=/app/collected
# Collected and compiled here, for the running one may write nothing but /tmp; no server is asked, no secret is kept.
RUN python -m compileall -q /app \
    && python -m runner.messages \
    && SECRET_KEY=build HASH_KEY=build NUMBER_KEYS=k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= \
       DATABASE_URL=postgres://build@localhost/build REDIS_URL=redis://localhost \
       S3_ENDPOINT_URL=http://localhost S3_ACCESS_KEY_ID=build S3_SECRET_ACCESS_KEY=build \
       EMAIL_URL=smtp://localhost \
       python manage.py collectstatic --noinput --verbosity 0
USER 10001:10001
EXPOSE 8000
CMD ["gunicorn", "icp_portal.wsgi:application", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", \
     "--workers", "2", "--threads", "4", "--preload", "--worker-tmp-dir", "/dev/shm", "--no-control-socket", "--log-level", "warning"]
