# The very image, whose Node.js is the one of package.json; .github/dependabot.yml keeps it up to date.
FROM node:26.10.0-slim@sha256:930557a230abacbc3f4fd9b8648abf8f4bee1e17cb72195dcdfb2f709bc85b33

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
RUN if [ -n "$PYTHON_PACKAGES" ]; then \
  DATA_DIR=/app/python node src/start.js sandbox install $PYTHON_PACKAGES && chmod -R a+rX /app/python; fi

ENV NODE_ENV=production DATA_DIR=/data PORT=3000 PYTHON_PACKAGES_DIR=/app/python/packages
RUN mkdir /data && chown node:node /data
VOLUME /data
# Around people's Python stands what setpriv of this image does without any right: Landlock and a filter of system calls
# (util-linux 2.41). Docker allows no namespaces, so bubblewrap would add nothing; "doctor" lists which walls stand.
USER node

EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]

ENTRYPOINT ["node", "src/start.js"]
CMD ["start"]
