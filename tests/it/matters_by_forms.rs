//! Matters on their pages: found by words and by their case, merged into what is like them, and split.

use crate::in_both_modes;
use crate::pages::{Browser, form_of};
use anyhow::{Context as _, ensure};
use domain::Role;
use proto::scheduling::v1::{GetMatterRequest, Matter, MatterStage, TakeInMatterRequest};
use tests::{Client, Mode, Sandbox, command};

async fn taken_in(clerk: &Client, title: &str, case: &str) -> anyhow::Result<(String, u64)> {
    let matter = TakeInMatterRequest {
        body_code: "FLOOD".into(),
        title: title.into(),
        case_reference: Some(case.into()),
        ..command()
    };
    let taken = clerk.call(matter).await?;
    Ok((taken.matter.context("a matter")?.matter_id, taken.position))
}

async fn matter(clerk: &Client, matter_id: &str) -> anyhow::Result<Matter> {
    let get = GetMatterRequest { matter_id: matter_id.into(), ..Default::default() };
    clerk.call(get).await?.matter.context("the matter")
}

async fn matters_are_found_merged_and_split_by_forms(mode: Mode) -> anyhow::Result<()> {
    // Given two matters about one thing, and one about another
    let mut sandbox = Sandbox::start(mode)?;
    let clerk = sandbox.client(Role::Clerk, Some("WATER")).await?;
    for code in ["WATER", "ROADS"] {
        clerk.register_department(code).await?;
    }
    clerk.define_body("FLOOD", "WATER", "WATER").await?;
    let (first, _) = taken_in(&clerk, "柳树巷雨后积水整治", "ＺＪ-2027-0001").await?;
    let (again, _) = taken_in(&clerk, "柳树巷积水整治", "ZJ-2027-0002").await?;
    let (market, position) = taken_in(&clerk, "城北菜市场搬迁", "ZJ-2027-0003").await?;
    let water = Browser::sign_in(&mut sandbox, Role::Clerk, Some("WATER")).await?;
    water.page(&format!("/matters/{market}?at={position}")).await?;

    // When they are looked for by words or by their case, then those are found, by nobody who may not see them.
    let roads = Browser::sign_in(&mut sandbox, Role::Clerk, Some("ROADS")).await?;
    for (filter, found) in [("words=%E6%9F%B3%E6%A0%91", 2), ("case=zj-2027-0001", 1), ("words=ZJ-2027", 3)] {
        let rows = |page: &str| page.contains(&format!("data-rows=\"{found}\""));
        ensure!(rows(&water.page(&format!("/matters?{filter}")).await?), "{filter}");
        let nothing = roads.page(&format!("/matters?{filter}")).await?;
        ensure!(nothing.contains("data-rows=\"0\""), "{filter}: {nothing}");
    }

    // Then what is like one is on its page, with a button that merges it, and no other matter is.
    let path = format!("/matters/{again}");
    let page = water.page(&path).await?;
    let (_, like) = page.split_once("<h2 id=\"similar\">").context("what is like it")?;
    let (like, _) = like.split_once("</section>").context("it ends")?;
    ensure!(like.contains(&format!("value=\"{first}\"")) && !like.contains(&market), "{like}");
    // It can be merged into any of the others, which are there to choose from, the one that is like it first.
    let (_, choice) = page.split_once("name=\"intoMatterId\">").context("a choice")?;
    let (choice, _) = choice.split_once("</select>").context("it ends")?;
    ensure!(
        choice.starts_with(&format!("<option value=\"{first}\"")) && choice.contains(&market),
        "{choice}"
    );
    let form = form_of(&page, "MergeMatter")?;
    let merged = water.post(&path, &format!("{form}&intoMatterId={first}&reason=The+same")).await?;
    ensure!(merged.status == 303, "{}", merged.text());
    ensure!(matter(&clerk, &again).await?.merged_into_matter_id() == first);

    // When one is split by a form with two parts, then each is a matter of its own.
    let path = format!("/matters/{market}");
    let form = form_of(&water.page(&path).await?, "SplitMatter")?;
    let parts = "parts%5B0%5D.title=Stalls&parts%5B1%5D.title=Rents&parts%5B2%5D.title=&reason=Two+things";
    let split = water.post(&path, &format!("{form}&{parts}")).await?;
    ensure!(split.status == 303, "{}", split.text());
    let split = matter(&clerk, &market).await?;
    ensure!(split.stage() == MatterStage::Split && split.split_into_matter_ids.len() == 2, "{split:?}");
    Ok(())
}
in_both_modes!(matters_are_found_merged_and_split_by_forms);
