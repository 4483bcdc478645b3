"""The two sides of a comparison: what is live, or the twins of a lane, each as it was at the window."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hub.flows.lane import LaneContext
from hub.migration.parity.marks import Marks


@dataclass(frozen=True)
class Side:
    """One side. `name` keeps its binds apart from the other side's.

    What is live is known only as it stands now. A twin is known as of any time: its value at the window is its latest
    version effective at the window's end, by the guard's own order.
    """

    name: str
    lane: LaneContext
    marks: Marks

    @property
    def binds(self) -> dict[str, object]:
        """Values of this side's own binds; `:since` and `:until` are the window's."""
        if self.lane.counts:
            return {f"{self.name}_system": self.lane.system, f"{self.name}_entity": self.lane.entity.value}
        return {f"{self.name}_lane": self.lane.lane_id}

    def images(self, condition: str = "true") -> str:
        """A query for each object: external_id, digest, document, as_of, stamp, fingerprint, deleted_as_of, deleted.

        `condition` is on r.external_id. An object that had no version yet at the window's end is left out.
        """
        current = """SELECT r.external_id, r.digest, r.document, r.as_of, r.stamp, r.fingerprint, r.deleted_as_of,
            r.deleted"""
        if self.lane.counts:
            return f"""{current} FROM source_record r
              WHERE r.system = :{self.name}_system AND r.entity = :{self.name}_entity AND {condition}"""
        versions = """FROM shadow_version v WHERE v.lane_id = r.lane_id AND v.external_id = r.external_id
            AND v.as_of <= :until"""
        settled = "(r.as_of <= :until AND (r.deleted_as_of IS NULL OR r.deleted_as_of <= :until))"
        return f"""{current} FROM shadow_record r
            WHERE r.lane_id = :{self.name}_lane AND {settled} AND {condition}
          UNION ALL
          SELECT r.external_id, c.digest, c.document, c.as_of, c.stamp, NULL, t.as_of,
            c.as_of IS NULL OR coalesce(t.as_of >= c.as_of, false)
          FROM shadow_record r
          LEFT JOIN LATERAL (
            SELECT * {versions} AND NOT v.deleted ORDER BY v.as_of DESC, v.digest DESC LIMIT 1) c ON true
          LEFT JOIN LATERAL (SELECT max(v.as_of) AS as_of {versions} AND v.deleted) t ON true
          WHERE r.lane_id = :{self.name}_lane AND NOT {settled} AND {condition}
            AND (c.as_of IS NOT NULL OR t.as_of IS NOT NULL)"""  # noqa: S608  names of ours

    def late(self, prefix: str) -> str:
        """Whether the source changed the object inside or after the window; on a row `e` with these columns' prefix.

        What is live without a stamp is as of when it was read, anew by every run, and that says nothing of when it
        changed; only a reading behind the window may have met what came later. A twin's version is as of a change.
        """
        if self.lane.counts:
            read_later = f"e.{prefix}_as_of > CASE WHEN e.{prefix}_stamp IS NULL THEN :until ELSE :since END"
            return f"""coalesce({read_later}, false) OR coalesce(e.{prefix}_stamp >= :since, false)
              OR coalesce(e.{prefix}_deleted_as_of > :since, false)"""
        return f"""EXISTS (SELECT FROM shadow_version v WHERE v.lane_id = :{self.name}_lane
              AND v.external_id = e.external_id AND (v.as_of > :since OR v.stamp >= :since))"""

    def held_before(self, mark: str) -> str:
        """The stamp and presence of the last version up to the window's end with this mark, as columns stamp, held."""
        if self.lane.counts:
            return "SELECT CAST(NULL AS timestamptz) AS stamp, false AS held"
        return f"""SELECT max(v.stamp) AS stamp, count(*) > 0 AS held FROM shadow_version v
            WHERE v.lane_id = :{self.name}_lane AND v.external_id = e.external_id AND NOT v.deleted
              AND v.as_of <= :until AND {self.marks.sql("v.digest", "v.document")} = {mark}"""  # noqa: S608  names of ours

    def held_inside(self, mark: str) -> str:
        """Whether the side held this mark (NULL: no living object) at some moment of the window, as a column inside.

        What is live is known only as it stands now: of that it is taken for granted.
        """
        if self.lane.counts:
            return "SELECT true AS inside"
        versions = f"FROM shadow_version v WHERE v.lane_id = :{self.name}_lane AND v.external_id = e.external_id"
        before = f"SELECT max(v.as_of) {versions} AND v.as_of <= :since"
        said = f"CASE WHEN NOT v.deleted THEN {self.marks.sql('v.digest', 'v.document')} END"
        return f"""SELECT EXISTS (SELECT {versions} AND v.as_of <= :until
                AND v.as_of >= coalesce(({before}), '-infinity') AND {said} IS NOT DISTINCT FROM {mark})
              OR ({mark} IS NULL AND ({before}) IS NULL) AS inside"""  # noqa: S608  names of ours

    def by_now(self, prefix: str) -> str:
        """The newest stamp the side gave the object, and the mark of what it holds by now: columns told, present.

        One row, on a row `e` as for `late`.
        """
        if self.lane.counts:
            return f"SELECT e.{prefix}_stamp AS told, e.{prefix}_mark AS present"
        return f"""SELECT max(v.stamp) AS told,
              (SELECT CASE WHEN NOT r.deleted THEN {self.marks.sql("r.digest", "r.document")} END FROM shadow_record r
               WHERE r.lane_id = :{self.name}_lane AND r.external_id = e.external_id) AS present
            FROM shadow_version v WHERE v.lane_id = :{self.name}_lane
              AND v.external_id = e.external_id"""  # noqa: S608  names of ours

    def sightings(self) -> str:
        """A query for external_id, mark, stamp and seen (the hub's time) of contents changed in (:at_work, :until].

        Of what is live only the present contents; `seen` is when the hub first had that very content.
        """
        if self.lane.counts:
            changed = "coalesce(r.stamp, r.as_of)"
            return f"""SELECT r.external_id, {self.marks.sql("r.digest", "r.document")} AS mark, r.stamp,
                v.observed_at AS seen {self._live_versions} AND {changed} > :at_work AND {changed} <= :until"""
        changed = "coalesce(v.stamp, v.as_of)"
        return f"""SELECT v.external_id, {self.marks.sql("v.digest", "v.document")} AS mark, min(v.stamp) AS stamp,
              min(v.observed_at) AS seen
            FROM shadow_version v WHERE v.lane_id = :{self.name}_lane AND NOT v.deleted
              AND {changed} > :at_work AND {changed} <= :until GROUP BY 1, 2"""  # noqa: S608  names of ours

    def seen(self) -> str:
        """A query for when the hub first had by this side the content of a row `c`; no row or NULL if it never had."""
        if self.lane.counts:
            return f"""SELECT v.observed_at AS seen {self._live_versions} AND r.external_id = c.external_id
                AND {self.marks.sql("r.digest", "r.document")} = c.mark"""
        return f"""SELECT min(v.observed_at) AS seen FROM shadow_version v
            WHERE v.lane_id = :{self.name}_lane AND NOT v.deleted AND v.external_id = c.external_id
              AND {self.marks.sql("v.digest", "v.document")} = c.mark"""  # noqa: S608  names of ours

    @property
    def _live_versions(self) -> str:
        return f"""FROM source_record r JOIN document_version v ON v.system = r.system AND v.entity = r.entity
                AND v.external_id = r.external_id AND v.version = r.version
              WHERE r.system = :{self.name}_system AND r.entity = :{self.name}_entity AND NOT r.deleted"""


@dataclass(frozen=True)
class Sides:
    """Incumbent and candidate at a window."""

    incumbent: Side
    candidate: Side
    since: datetime
    until: datetime

    @property
    def binds(self) -> dict[str, object]:
        """Everything that the queries of both sides need."""
        own = self.incumbent.binds | self.candidate.binds | self.incumbent.marks.binds
        return own | {"since": self.since, "until": self.until}
