//! What the stories need: departments on several levels, rooms, a calendar and the bodies that decide.

use crate::language::{say, text};
use crate::story::demo::stage::{Stage, ZONE, narrate};
use crate::story::matter;
use client::Client;
use client::command_id;
use proto::directory::v1::{
    DefineCalendarRequest, Department, DepartmentKind, DepartmentLevel, Weekday, WorkingCalendar,
};
use proto::scheduling::v1::{
    BallotMethod, BodyCharter, DecisionRule, EmergencyPlan, MatterClass, MeetingRules, QualifiedMajority,
    Quorum, QuorumBase, Seat, SeatStanding, Silence, VotingRule, ballot_method::Method,
};

/// The members of the standing conference, each with its code and its name; the first one convenes it.
pub fn conference() -> [(&'static str, &'static str); 28] {
    [
        (text("HOUSING"), text("Housing and Urban Development 住房城乡建设")),
        (text("PLANNING"), text("Development and Reform 发展改革")),
        (text("FINANCE"), text("Finance 财政")),
        (text("LAND"), text("Natural Resources 自然资源")),
        (text("TRANSPORT"), text("Transport 交通运输")),
        (text("INDUSTRY"), text("Industry and Information 工业和信息化")),
        (text("ECOLOGY"), text("Ecology and Environment 生态环境")),
        (text("EDUCATION"), text("Education 教育")),
        (text("SCIENCE"), text("Science and Technology 科技")),
        (text("POLICE"), text("Public Security 公安")),
        (text("CIVIL"), text("Civil Affairs 民政")),
        (text("JUSTICE"), text("Justice 司法")),
        (text("LABOR"), text("Human Resources and Social Security 人力资源社会保障")),
        (text("WATER"), text("Water Resources 水利")),
        (text("FARMING"), text("Agriculture and Rural Affairs 农业农村")),
        (text("COMMERCE"), text("Commerce 商务")),
        (text("CULTURE"), text("Culture and Tourism 文化和旅游")),
        (text("HEALTH"), text("Health 卫生健康")),
        (text("VETERANS"), text("Veterans Affairs 退役军人")),
        (text("EMERGENCY"), text("Emergency Management 应急管理")),
        (text("AUDIT"), text("Audit 审计")),
        (text("ASSETS"), text("State Assets 国有资产")),
        (text("TAX"), text("Taxation 税务")),
        (text("MARKET"), text("Market Regulation 市场监管")),
        (text("STATISTICS"), text("Statistics 统计")),
        (text("ENERGY"), text("Energy 能源")),
        (text("FORESTRY"), text("Forestry and Grassland 林草")),
        (text("DISABLED"), text("Disabled Persons' Federation 残联")),
    ]
}

/// The parties in one city, among them an enterprise, a non-profit organization, and one that takes part in nothing.
fn city() -> [(&'static str, &'static str, DepartmentKind); 7] {
    [
        (text("CITY-HOTLINE"), text("12345 Hotline Center 政务服务便民热线"), DepartmentKind::Agency),
        (text("CITY-ROADS"), text("City Roads 市政道路"), DepartmentKind::Agency),
        (text("CITY-WATER"), text("City Water Affairs 市水务"), DepartmentKind::Agency),
        (text("CITY-HOUSING"), text("City Housing 市住建"), DepartmentKind::Agency),
        (text("METRO"), text("Metro Company 地铁公司"), DepartmentKind::Enterprise),
        (text("BLUESKY"), text("Blue Sky Rescue 蓝天救援队"), DepartmentKind::NonProfit),
        (text("CITY-LIBRARY"), text("City Library 市图书馆"), DepartmentKind::Agency),
    ]
}

/// Registers the departments and rooms, and defines the year's calendar and the bodies.
pub async fn register(stage: &Stage, clerk: &Client) -> anyhow::Result<()> {
    let departments = departments();
    matter::register_departments(clerk, &departments).await?;
    matter::register_room(clerk, text("HALL"), text("Conference hall 第一会议室"), 60).await?;
    matter::register_room(clerk, text("ROOM-3"), text("Meeting room 3 三号会议室"), 12).await?;
    let calendar =
        DefineCalendarRequest { command_id: command_id(), calendar: Some(calendar()), ..Default::default() };
    stage.operator.call(calendar).await?;
    define_bodies(stage).await?;
    narrate(say(
        "The directory (部门名录) has {departments} departments, 2 rooms, and the year's holidays and make-up days \
         (调休).",
        &[("departments", &departments.len())],
    ))?;
    narrate(text(
        "Three bodies (会商机制) may decide. The conference: 28 seats, two thirds of them present and in favor; at most \
         3 topics, 120 minutes, 3 days' notice, papers 2 days before.",
    ))
}

/// Has the operator define the bodies: all departments have their seats at once.
async fn define_bodies(stage: &Stage) -> anyhow::Result<()> {
    let bodies = [
        (text("RENEWAL-CONFERENCE"), renewal_conference()),
        (text("LINJIANG-JOINT"), linjiang_joint()),
        (text("LINJIANG-EMERGENCY"), linjiang_emergency()),
    ];
    for (code, charter) in bodies {
        matter::define_body(&stage.operator, code, charter).await?;
    }
    Ok(())
}

/// All 28 decide, by two thirds of the votes, when two thirds are there. AUDIT weighs two, and its no is enough.
fn renewal_conference() -> BodyCharter {
    let two_thirds = Method::QualifiedMajority(QualifiedMajority { numerator: 2, denominator: 3 });
    let rule = DecisionRule { method: Some(BallotMethod { method: Some(two_thirds) }), ..quorum_of(2, 3) };
    let seat = |(code, _): (&str, &str)| match code == text("AUDIT") {
        true => Seat { weight: 2, vetoes: vec![MatterClass::Ordinary.into()], ..matter::seat(code) },
        false => matter::seat(code),
    };
    BodyCharter {
        name: text("Joint conference on urban renewal 城市更新部际联席会议").into(),
        chair_code: text("HOUSING").into(),
        deputy_codes: vec![text("PLANNING").into()],
        seats: conference().map(seat).to_vec(),
        meeting_rules: Some(meeting_rules()),
        decision_rules: vec![rule],
        ..Default::default()
    }
}

/// Four departments of the city, by a simple majority, when three are there; on personnel in secret.
fn linjiang_joint() -> BodyCharter {
    let personnel = DecisionRule {
        matter_class: MatterClass::Personnel.into(),
        voting: Some(VotingRule { secret_ballots: true, ..Default::default() }),
        ..quorum_of(3, 4)
    };
    // What is important passes unless somebody objects.
    let important = DecisionRule {
        matter_class: MatterClass::Important.into(),
        method: Some(BallotMethod { method: Some(Method::Silence(Silence {})) }),
        ..quorum_of(3, 4)
    };
    let seats = [text("CITY-HOTLINE"), text("CITY-ROADS"), text("CITY-WATER"), text("CITY-HOUSING")];
    BodyCharter {
        name: text("Joint sessions of Linjiang 临江市联合会商").into(),
        chair_code: text("CITY-HOTLINE").into(),
        seats: seats.map(matter::seat).to_vec(),
        decision_rules: vec![quorum_of(3, 4), important, personnel],
        ..Default::default()
    }
}

/// Four parties, by a simple majority, when half of them are there. BLUESKY advises, and CITY-HOUSING takes the place of
/// CITY-ROADS. When the river rises they have ten minutes to acknowledge, and 50 to decide.
fn linjiang_emergency() -> BodyCharter {
    let deciding = [text("EMERGENCY"), text("CITY-WATER"), text("CITY-ROADS"), text("METRO")];
    let seat = |code: &str| match code == text("CITY-ROADS") {
        true => Seat { substitute_codes: vec![text("CITY-HOUSING").into()], ..matter::seat(code) },
        false => matter::seat(code),
    };
    let adviser = Seat { standing: SeatStanding::Advises.into(), ..matter::seat(text("BLUESKY")) };
    let seats: Vec<Seat> = deciding.map(seat).into_iter().chain([adviser]).collect();
    let plan = EmergencyPlan {
        code: text("FLOOD-2").into(),
        name: text("Flood, level II 防汛二级响应").into(),
        department_codes: seats.iter().map(|seat| seat.department_code.clone()).collect(),
        acknowledge_minutes: 10,
        decide_minutes: 50,
        substitutes: vec![],
    };
    BodyCharter {
        name: text("Emergency command of Linjiang 临江市应急指挥部").into(),
        chair_code: text("EMERGENCY").into(),
        seats,
        emergency_plans: vec![plan],
        ..Default::default()
    }
}

/// The usual rule for ordinary matters, with this share of all seats as the quorum.
fn quorum_of(numerator: u32, denominator: u32) -> DecisionRule {
    DecisionRule {
        matter_class: MatterClass::Ordinary.into(),
        quorum: Some(Quorum { base: QuorumBase::AllSeats.into(), numerator, denominator }),
        ..Default::default()
    }
}

fn departments() -> Vec<Department> {
    let department = |code: &str, name: &str, level: DepartmentLevel, kind: DepartmentKind| Department {
        code: code.into(),
        name: name.into(),
        parent_code: None,
        level: level.into(),
        region: None,
        without_users: false,
        kind: kind.into(),
    };
    let national = conference()
        .map(|(code, name)| department(code, name, DepartmentLevel::National, DepartmentKind::Agency));
    let city = city().map(|(code, name, kind)| Department {
        region: Some(text("Linjiang 临江市").into()),
        ..department(code, name, DepartmentLevel::Municipal, kind)
    });
    national.into_iter().chain(city).collect()
}

fn calendar() -> WorkingCalendar {
    let holidays = ["2027-04-05", "2027-05-01", "2027-05-02", "2027-05-03", "2027-05-04", "2027-05-05"];
    WorkingCalendar {
        time_zone: ZONE.into(),
        weekend: vec![Weekday::Saturday.into(), Weekday::Sunday.into()],
        holidays: holidays.map(String::from).to_vec(),
        make_up_days: ["2027-04-25", "2027-05-08"].map(String::from).to_vec(),
    }
}

fn meeting_rules() -> MeetingRules {
    MeetingRules {
        topics_max: 3,
        duration_minutes_max: 120,
        notice_days_min: 3,
        papers_days_min: 2,
        sessions_per_quarter_max: None,
        deferrals_max: None,
        second_call_quorum: None,
        counts_working_days: false,
        answer_working_days: None,
    }
}
