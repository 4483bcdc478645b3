"""Campaigns come in like any record, and their propositions run and stop with them."""

from __future__ import annotations

from hub.flows.lane import LaneContext
from hub.offers.campaigns import running_campaigns
from hub.records.belongings import CampaignRecord
from hub.records.identity import Entity
from hub.records.offers import CampaignState
from hub.store.engine import Database
from tests.flows.building import apply_page, at, content, declare_flow, page


async def _running(database: Database) -> frozenset[str] | None:
    async with database.reading() as connection:
        return await running_campaigns(connection)


async def _told(database: Database, lane: LaneContext, minute: int, **states: CampaignState) -> None:
    contents = [content(name, CampaignRecord(name=name, state=state), minute) for name, state in states.items()]
    await apply_page(database, lane, page(*contents))


async def test_a_campaign_runs_as_the_cm_last_said(database: Database) -> None:
    assert await _running(database) is None
    lane = await declare_flow(database, "cm", Entity.CAMPAIGN)
    assert await _running(database) == frozenset()
    await _told(database, lane, 1, autumn=CampaignState.RUNNING, winter=CampaignState.DRAFT)
    assert await _running(database) == frozenset({"autumn"})
    await _told(database, lane, 2, autumn=CampaignState.STOPPED, winter=CampaignState.RUNNING)
    assert await _running(database) == frozenset({"winter"})
    await apply_page(database, lane, page(gone={"winter": at(3)}))
    assert await _running(database) == frozenset()
