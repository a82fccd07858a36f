//! Commands that are only asked about: each says what it would come to, and leaves nothing.

use super::asked::{Asker, Filled};
use super::planted::{INVITED, OWN, SECRETARIAT, STRANGER, plant, plant_the_strangers};
use super::{SCOPED, asker, settled};
use crate::in_both_modes;
use anyhow::{Context as _, ensure};
use domain::Role;
use prost_reflect::{DynamicMessage, MethodDescriptor, Value};
use proto::contract::{descriptors, rpcs};
use std::collections::BTreeMap;
use tests::{Client, Mode, Sandbox};
use tonic::Status;

/// How a command was tried: as a question, and where that was refused, in earnest.
struct Tried {
    rpc: String,
    asked: Result<DynamicMessage, Status>,
    earnest: Option<Result<DynamicMessage, Status>>,
}

/// What a refusal says; the entries of its details come in any order.
fn said(status: &Status) -> String {
    let (reason, details) = (Client::reason(status), Client::details(status));
    format!(
        "{:?} {} {reason:?} {details:?} {:?}",
        status.code(),
        status.message(),
        Client::violations(status)
    )
}

impl Asker {
    /// Every command that is open to the role.
    async fn try_commands(&self) -> anyhow::Result<Vec<Tried>> {
        let mut all = Vec::new();
        for rpc in rpcs().iter().filter(|rpc| !rpc.streams && !rpc.reads && rpc.roles.contains(&self.role)) {
            let (service, name) = rpc.path.split_once('/').unwrap_or_default();
            let service = descriptors().get_service_by_name(service);
            let method = service.and_then(|service| service.methods().find(|method| method.name() == name));
            let method = method.with_context(|| format!("no rpc {}", rpc.path))?;
            if method.input().get_field_by_name("validate_only").is_none() {
                continue;
            }
            let asked = self.put(&method, true).await?;
            let earnest = match &asked {
                Ok(_) => None,
                Err(_) => Some(self.put(&method, false).await?),
            };
            all.push(Tried { rpc: rpc.path.clone(), asked, earnest });
        }
        Ok(all)
    }

    async fn put(
        &self,
        method: &MethodDescriptor,
        only_asks: bool,
    ) -> anyhow::Result<Result<DynamicMessage, Status>> {
        let mut request = self.request(&method.input(), Filled::All);
        request.set_field_by_name("command_id", Value::String(client::command_id()));
        request.set_field_by_name("validate_only", Value::Bool(only_asks));
        self.way.call(method, &request).await.context("it can be asked")
    }
}

async fn what_is_only_asked_is_answered_as_the_command_and_leaves_nothing(mode: Mode) -> anyhow::Result<()> {
    // Given a matter in every stage
    let sandbox = Sandbox::start(mode)?;
    plant_the_strangers(&sandbox).await?;
    let ids = plant(&sandbox).await?;
    let before = settled(&sandbox).await?;
    let of_departments = [OWN, INVITED, SECRETARIAT, STRANGER]
        .into_iter()
        .flat_map(|department| SCOPED.into_iter().map(move |role| (role, Some(department))));
    let people =
        of_departments.chain([Role::Supervisor, Role::Auditor, Role::Operator].map(|role| (role, None)));
    let mut tried: BTreeMap<String, [usize; 2]> = BTreeMap::new();
    for (role, department) in people {
        let asker = asker(&sandbox, role, department, &ids).await?;
        // When everybody asks what each of their commands would come to
        for Tried { rpc, asked, earnest } in asker.try_commands().await? {
            let counted = tried.entry(rpc.clone()).or_default();
            match asked {
                Ok(answer) => {
                    let position =
                        answer.get_field_by_name("position").and_then(|position| position.as_u64());
                    ensure!(position == Some(0), "{rpc} as {role:?} of {department:?}: {answer}");
                    counted[0] += 1;
                }
                // then what is refused is refused in earnest for the same reason, word for word,
                Err(refused) => {
                    let earnest = earnest.context("it was tried")?;
                    let Err(earnest) = earnest else {
                        anyhow::bail!(
                            "{rpc} as {role:?} of {department:?} is refused only when asked: {refused}"
                        )
                    };
                    ensure!(said(&refused) == said(&earnest), "{rpc}: {} {}", said(&refused), said(&earnest));
                    counted[1] += 1;
                }
            }
        }
    }
    // and nothing is recorded.
    let after = settled(&sandbox).await?;
    ensure!(after == before, "{} records more", after - before);
    let accepted = tried.values().filter(|[accepted, _]| *accepted > 0).count();
    ensure!(tried.len() > 100 && accepted > 10, "{} commands, {accepted} of them accepted", tried.len());
    Ok(())
}
in_both_modes!(what_is_only_asked_is_answered_as_the_command_and_leaves_nothing);
