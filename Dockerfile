# Two stages: packages come in as wheels, and what installed them stays behind.
FROM python:3.11-slim AS packages
RUN python -m venv /venv
COPY requirements.txt .
RUN /venv/bin/pip install --no-cache-dir --only-binary=:all: -r requirements.txt \
    && /venv/bin/pip uninstall -y pip setuptools

FROM python:3.11-slim
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 VAR_DIR=/var/lib/doe-het-gewoon
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/doe-het-gewoon app
COPY --from=packages /venv /venv
WORKDIR /app
COPY . .
# With a folder of its own: the secret that an embedded install makes must not be in an image.
RUN VAR_DIR=/tmp/build python manage.py translations compile \
    && rm -rf /tmp/build && python -m compileall -q /app
USER app
VOLUME /var/lib/doe-het-gewoon
EXPOSE 8000
# Answers on all addresses: the network of the containers decides who can reach it.
CMD ["sh", "-c", "python manage.py collectstatic --noinput -v 0 && exec python manage.py serve --only web --host 0.0.0.0"]
