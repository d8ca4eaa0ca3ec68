"""Collections and aliases on disk.

    FOLDER/collections/NAME/create.bin   the CreateCollection message
    FOLDER/collections/NAME/shard/       the engine's own files
    FOLDER/aliases.json                  alias -> collection

create.bin is written last: a folder without it was never acknowledged and is
removed at the next start.
"""

import json
import os
import pathlib
import shutil
import threading

import qdrant_edge as edge

import messages
from stubs import pb

QUIET_SECONDS = 0.2  # from the last change until segments are indexed, as the server does by itself


class NotFound(Exception):
    pass


class AlreadyExists(Exception):
    pass


class Collection:
    """One collection: a shard of the engine, optimised in the background."""

    def __init__(self, folder, create):
        self.create = create
        self.shard_folder = folder / "shard"
        if (folder / "create.bin").exists():
            self.shard = edge.EdgeShard.load(str(self.shard_folder))
        else:
            self.shard_folder.mkdir(parents=True)
            self.shard = edge.EdgeShard.create(str(self.shard_folder), messages.engine_config(create))
            write(folder / "create.bin", create.SerializeToString())
        self.changing = threading.Lock()
        self.changed = threading.Event()
        self.closing = threading.Event()
        self.optimising = False
        self.optimiser = threading.Thread(target=self._optimise, daemon=True)
        self.optimiser.start()

    def update(self, operation):
        with self.changing:
            self.shard.update(operation)
        self.changed.set()

    def _optimise(self):
        """Indexes the segments whenever nothing has changed for a moment."""
        while True:
            self.changed.wait()
            while self.changed.is_set():
                self.changed.clear()
                if self.closing.wait(QUIET_SECONDS):
                    return
            with self.changing:
                self.optimising = True
                self.shard.optimize()
                self.optimising = False

    def close(self):
        self.closing.set()
        self.changed.set()
        self.optimiser.join()
        self.shard.close()

    def info(self):
        info = self.shard.info()
        create = self.create
        status = pb.CollectionStatus.Yellow if self.optimising else pb.CollectionStatus.Green
        config = pb.CollectionConfig(
            params=pb.CollectionParams(vectors_config=create.vectors_config, shard_number=1),
            hnsw_config=create.hnsw_config,
            metadata=create.metadata,
        )
        if create.HasField("quantization_config"):
            config.quantization_config.CopyFrom(create.quantization_config)
        return pb.CollectionInfo(
            status=status,
            segments_count=info.segments_count,
            points_count=info.points_count,
            indexed_vectors_count=info.indexed_vectors_count,
            config=config,
            payload_schema={name: messages.field_schema(index) for name, index in info.payload_schema.items()},
        )


class CollectionsStore:
    """All collections of a storage folder, by name or alias."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.lock = threading.RLock()
        self.collections = {}
        self.aliases = {}
        (self.folder / "collections").mkdir(parents=True, exist_ok=True)
        for sub in (self.folder / "collections").iterdir():
            if not (sub / "create.bin").exists():
                shutil.rmtree(sub)
                continue
            create = pb.CreateCollection.FromString((sub / "create.bin").read_bytes())
            self.collections[sub.name] = Collection(sub, create)
        if self._alias_file.exists():
            self.aliases = json.loads(self._alias_file.read_text())

    @property
    def _alias_file(self):
        return self.folder / "aliases.json"

    def get(self, name):
        with self.lock:
            found = self.collections.get(self.aliases.get(name, name))
        if found is None:
            raise NotFound(f"Not found: Collection `{name}` doesn't exist!")
        return found

    def create(self, message):
        name = message.collection_name
        with self.lock:
            if name in self.collections or name in self.aliases:
                raise AlreadyExists(f"Wrong input: Collection `{name}` already exists!")
            self.collections[name] = Collection(self.folder / "collections" / name, message)

    def delete(self, name):
        with self.lock:
            found = self.collections.pop(name, None)
            if found is None:
                return False
            self._write_aliases({a: c for a, c in self.aliases.items() if c != name})
        found.close()
        shutil.rmtree(self.folder / "collections" / name)
        return True

    def update_aliases(self, actions):
        """Applies all actions or none."""
        with self.lock:
            aliases = dict(self.aliases)
            for action in actions:
                self._apply(action, aliases)
            self._write_aliases(aliases)

    def _apply(self, action, aliases):
        kind = action.WhichOneof("action")
        if kind == "create_alias":
            a = action.create_alias
            if a.collection_name not in self.collections:
                raise NotFound(f"Not found: Collection `{a.collection_name}` doesn't exist!")
            if a.alias_name in self.collections:
                raise AlreadyExists(f"Wrong input: Collection `{a.alias_name}` already exists!")
            aliases[a.alias_name] = a.collection_name
        elif kind == "delete_alias":
            aliases.pop(action.delete_alias.alias_name, None)
        else:
            raise messages.Unsupported(f"alias actions of kind {kind}")

    def _write_aliases(self, aliases):
        write(self._alias_file, json.dumps(aliases).encode())
        self.aliases = aliases

    def close(self):
        for collection in self.collections.values():
            collection.shard.flush()
            collection.close()


def write(path, content):
    """Replaces the file as a whole."""
    temporary = path.with_suffix(".tmp")
    temporary.write_bytes(content)
    os.replace(temporary, path)
