FROM node:26-slim

WORKDIR /app

# The image brings Node.js itself, so the optional packages that bring it elsewhere stay out.
COPY .npmrc package.json package-lock.json ./
RUN npm ci --omit=dev --omit=optional && npm cache clean --force

COPY assistant.md ./
COPY adapters ./adapters
COPY src ./src
# Your functions; a folder that is mounted over it counts instead.
COPY functions ./functions

# Packages that people's Python can import, such as "numpy pandas matplotlib", and a mirror to fetch them from.
ARG PYTHON_PACKAGES=""
ARG PYTHON_PACKAGES_URL=""
RUN if [ -n "$PYTHON_PACKAGES" ]; then DATA_DIR=/app/python node src/start.js sandbox install $PYTHON_PACKAGES; fi

ENV NODE_ENV=production DATA_DIR=/data PORT=3000 PYTHON_PACKAGES_DIR=/app/python/packages
RUN mkdir /data && chown node:node /data
VOLUME /data
USER node

EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]

ENTRYPOINT ["node", "src/start.js"]
CMD ["start"]
