# One image for every process of the hub: `serve`, `work` and `migrate-db` are arguments of the same entrypoint.
FROM python:3.11-slim AS build
RUN pip install --no-cache-dir --disable-pip-version-check uv
ENV UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 UV_NO_CACHE=1
WORKDIR /src
RUN python -m venv /opt/contacthub
ENV VIRTUAL_ENV=/opt/contacthub
# The lock also holds the development tools: as a constraint it pins and verifies what is installed and adds nothing.
COPY pyproject.toml requirements.lock ./
RUN uv pip install --require-hashes --constraint requirements.lock --requirement pyproject.toml
COPY README.md LICENSE ./
COPY hub hub
COPY schema schema
COPY adapters adapters
COPY migrations migrations
# The build back end is no part of the lock and does not reach the image below.
RUN uv pip install --no-deps .

FROM python:3.11-slim
# A fixed number, so that secrets and folders on the host can be given to this user.
RUN useradd --system --uid 10001 --user-group --home-dir /var/lib/contacthub --create-home hub \
 && install -d -o hub -g hub /var/lib/contacthub/deliveries /etc/contacthub
COPY --from=build /opt/contacthub /opt/contacthub
COPY docker/worker_health.py /opt/contacthub/worker_health.py
ENV PATH=/opt/contacthub/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HUB_CONFIG=/etc/contacthub/hub.yaml \
    HUB_DATA_DIR=/var/lib/contacthub \
    HUB_HOST=0.0.0.0
USER hub
WORKDIR /var/lib/contacthub
EXPOSE 8080
ENTRYPOINT ["hub"]
CMD ["serve"]
