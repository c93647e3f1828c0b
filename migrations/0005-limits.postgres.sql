-- What limits count, where several processes share them. Not logged: after a crash of the server they begin anew.

-- Token buckets: each is empty at most by its capacity, and full again at an instant.
CREATE UNLOGGED TABLE limit_bucket (
  name TEXT COLLATE "C" PRIMARY KEY,
  at DOUBLE PRECISION NOT NULL,
  each_ms DOUBLE PRECISION NOT NULL,
  capacity_ms DOUBLE PRECISION NOT NULL,
  full_at DOUBLE PRECISION NOT NULL
);

-- What happened under a key within each part of an hour.
CREATE UNLOGGED TABLE limit_count (
  key TEXT COLLATE "C" NOT NULL,
  part BIGINT NOT NULL,
  count BIGINT NOT NULL,
  PRIMARY KEY (key, part)
);

-- Hosts that are being fetched from, or rest after it.
CREATE UNLOGGED TABLE limit_host (
  host TEXT COLLATE "C" PRIMARY KEY,
  token TEXT NOT NULL,
  until DOUBLE PRECISION NOT NULL
);
