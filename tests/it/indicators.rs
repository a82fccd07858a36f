//! The indicators, counted again from the exported log by a program that shares no code with them.

use crate::{in_both_modes, recounted, story};
use anyhow::{Context as _, ensure};
use domain::{Role, Timestamp};
use proto::Wire as _;
use proto::deliberation::v1::{
    CloseDocketRequest, OpenDocketRequest, RecordArrivalRequest, RecordDepartureRequest, WithdrawTopicRequest,
};
use proto::followup::v1::{GetIndicatorsRequest, Indicator};
use proto::ledger::v1::{GetHeadRequest, MoveClockRequest};
use proto::scheduling::v1::{
    BodyCharter, ConveneSessionRequest, DefineBodyRequest, EmergencyDeclaration, HourlyRate, MatterClass,
    MeetingRules, Seat, SessionKind,
};
use serde_json::Value;
use tests::{Client, Mode, Sandbox, command, outline};

/// What the indicators are asked of; with none of these, of everything.
#[derive(Debug, Default)]
struct Of {
    body: Option<String>,
    code: Option<String>,
    day: Option<String>,
}

impl Of {
    fn read(json: &Value) -> Of {
        let text = |name: &str| json[name].as_str().map(str::to_owned);
        Of { body: text("body"), code: text("code"), day: text("day") }
    }
}

/// What is counted in different orders differs in the last digits.
const TOLERANCE: f64 = 1e-6;

/// A body of STAYS that says what an hour of one person costs: 120 yuan.
fn paid_body() -> DefineBodyRequest {
    let hourly_rate = Some(HourlyRate { currency_code: "CNY".into(), minor_units: 12_000 });
    let meeting_rules =
        MeetingRules { topics_max: 9, duration_minutes_max: 480, hourly_rate, ..Default::default() };
    let charter = BodyCharter {
        name: "The body".into(),
        chair_code: "STAYS".into(),
        seats: vec![Seat { department_code: "STAYS".into(), ..Default::default() }],
        convenor_codes: vec!["STAYS".into()],
        secretariat_codes: vec!["STAYS".into()],
        meeting_rules: Some(meeting_rules),
        ..Default::default()
    };
    DefineBodyRequest { body_code: "LONG".into(), charter: Some(charter), ..command() }
}

/// EARLY leaves a meeting of five hours after ten minutes, and says nothing there.
async fn somebody_leaves_early(sandbox: &Sandbox) -> anyhow::Result<()> {
    let clerk = sandbox.client(Role::Clerk, Some("STAYS")).await?;
    let operator = sandbox.client(Role::Operator, None).await?;
    for code in ["STAYS", "EARLY"] {
        clerk.register_department(code).await?;
    }
    clerk.call(paid_body()).await?;
    let mut wanted = outline("A long meeting", "STAYS");
    wanted.body_code = "LONG".into();
    wanted.kind = SessionKind::Emergency.into();
    wanted.matter_class = MatterClass::Emergency.into();
    wanted.emergency = Some(EmergencyDeclaration { reason: "A flood".into(), authority: "Plan 3".into() });
    let mut guest = wanted.attendees[0].clone();
    guest.department_code = "EARLY".into();
    guest.roles[0].role = proto::scheduling::v1::RoleOnTopic::Advises.into();
    wanted.attendees.push(guest);
    let docket_id = clerk.admitted_session(wanted).await?;
    let position =
        clerk.call(ConveneSessionRequest { session_id: docket_id.clone(), ..command() }).await?.position;
    let prepared = proto::deliberation::v1::GetDocketRequest {
        at_least_position: position,
        docket_id: docket_id.clone(),
    };
    clerk.call(prepared).await?;
    let id = || docket_id.clone();
    for code in ["STAYS", "EARLY"] {
        let (department_code, delegate) = (code.to_owned(), "Li Wei".into());
        clerk.call(RecordArrivalRequest { docket_id: id(), department_code, delegate, ..command() }).await?;
    }
    clerk.call(OpenDocketRequest { docket_id: id(), ..command() }).await?;
    let opened = operator.call(GetHeadRequest {}).await?.clock_at;
    let opened = Timestamp::from_wire(opened).map_err(|fault| anyhow::anyhow!("{fault}"))?;
    let after = async |minutes: i64| {
        let clock_at = (opened + jiff::SignedDuration::from_mins(minutes)).to_wire();
        let position = operator.call(MoveClockRequest { clock_at, ..command() }).await?.position;
        let seen = proto::deliberation::v1::ListDocketsRequest {
            at_least_position: position,
            page_size: 1,
            ..Default::default()
        };
        operator.call(seen).await.map(drop)
    };
    after(10).await?;
    let leaves = RecordDepartureRequest { docket_id: id(), department_code: "EARLY".into(), ..command() };
    clerk.call(leaves).await?;
    after(300).await?;
    let reason = "It was not ripe".to_owned();
    clerk.call(WithdrawTopicRequest { docket_id: id(), topic_number: 1, reason, ..command() }).await?;
    clerk.call(CloseDocketRequest { docket_id: id(), ..command() }).await?;
    Ok(())
}

async fn the_indicators_are_recounted_from_the_log(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    story::printed_by(&story::play(&sandbox)?.wait_with_output()?)?;
    somebody_leaves_early(&sandbox).await?;
    let supervisor = sandbox.client(Role::Supervisor, None).await?;
    let head = supervisor.call(GetHeadRequest {}).await?;
    let now = Timestamp::from_wire(head.clock_at).map_err(|fault| anyhow::anyhow!("{fault}"))?;
    let counted = recounted::count("indicators.py", &recounted::export(&sandbox)?, now)?;
    let recounted = counted.as_array().context("a list")?;
    ensure!(recounted.len() > 40, "of everything, of bodies, departments and days: {recounted:?}");
    for one in recounted {
        let of = Of::read(&one["of"]);
        let figures = one["figures"].as_array().context("figures")?;
        let told = told(&supervisor, &of, head.position).await?;
        ensure!(told.len() == figures.len(), "{told:?}");
        for (indicator, figure) in told.iter().zip(figures) {
            let near = |told: f64, counted: &Value| {
                let counted = counted.as_f64().unwrap_or(f64::NAN);
                (told - counted).abs() <= TOLERANCE * counted.abs().max(1.0)
            };
            let agrees = figure[0] == indicator.name.as_str()
                && near(indicator.numerator, &figure[1])
                && near(indicator.denominator, &figure[2]);
            ensure!(agrees, "{of:?}: counted is {figure}, but told is {indicator:?}");
        }
    }
    let early = Of { body: Some("LONG".into()), code: Some("EARLY".into()), ..Of::default() };
    let told = told(&supervisor, &early, head.position).await?;
    let of = |name: &str| told.iter().find(|indicator| indicator.name == name).map(|it| it.numerator);
    let hours = of("session_hours_per_person").context("hours")?;
    ensure!((hours - 1.0 / 6.0).abs() < 0.01, "ten minutes, and not five hours: {told:?}");
    ensure!(of("idle_attendance") == Some(1.0), "it advised, and said nothing: {told:?}");
    let cost = told.iter().find(|one| one.name == "idle_attendance_cost").context("its cost")?;
    let is_told = cost.unit == "CNY" && cost.baseline.is_some() && (cost.numerator - 20.0).abs() < 1.0;
    ensure!(is_told, "ten minutes at 120 yuan an hour: {cost:?}");
    Ok(())
}
in_both_modes!(the_indicators_are_recounted_from_the_log);

async fn told(client: &Client, of: &Of, at_least_position: u64) -> anyhow::Result<Vec<Indicator>> {
    let request = GetIndicatorsRequest {
        at_least_position,
        starts_on: of.day.clone(),
        ends_on: of.day.clone(),
        body_code: of.body.clone(),
        under_code: of.code.clone(),
        ..Default::default()
    };
    Ok(client.call(request).await?.indicators)
}
