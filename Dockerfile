# The service and nothing else: built in a first stage, run as a user without rights in the second.
FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY scripts ./scripts
COPY tsconfig.json tsconfig.browser.json ./
COPY src ./src
RUN node scripts/build.mjs
# What only building needs goes; so do the sources of SQLite, and what it is on other systems.
RUN npm prune --omit=dev --ignore-scripts \
  && rm -rf node_modules/better-sqlite3/deps node_modules/better-sqlite3/src \
  && find node_modules/better-sqlite3/prebuilds -type f ! -name 'linux-*' -delete

FROM node:24-slim
LABEL org.opencontainers.image.title="linkbackd" \
  org.opencontainers.image.description="Receives, verifies, moderates and displays linkbacks: Pingback, TrackBack and Webmention" \
  org.opencontainers.image.licenses="MIT"
WORKDIR /app
RUN install -d -o node -g node -m 700 /data
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json LICENSE ./
COPY migrations ./migrations
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8470 WORKER_PORT=8470 DATABASE_URL=sqlite:/data/linkbackd.db
USER node
VOLUME /data
EXPOSE 8470
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Node itself is process 1, and hears SIGTERM. Other verbs: docker run IMAGE dist/cli.js VERB
ENTRYPOINT ["node"]
# As "npm start" does: Node would else take 200 MB more before it looks for what can go.
CMD ["--max-semi-space-size=2", "--max-old-space-size=256", "dist/main.js"]
