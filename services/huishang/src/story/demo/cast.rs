//! What the stories need: departments on several levels, rooms, a calendar and meeting rules.

use crate::story::demo::stage::{Stage, ZONE, narrate};
use crate::story::matter;
use client::Client;
use client::command_id;
use proto::directory::v1::{
    DefineCalendarRequest, Department, DepartmentKind, DepartmentLevel, Weekday, WorkingCalendar,
};
use proto::scheduling::v1::{DefineRulesRequest, MeetingRules};

/// The members of the standing conference; the first one convenes it.
pub const CONFERENCE: [(&str, &str); 28] = [
    ("HOUSING", "Housing and Urban Development 住房城乡建设"),
    ("PLANNING", "Development and Reform 发展改革"),
    ("FINANCE", "Finance 财政"),
    ("LAND", "Natural Resources 自然资源"),
    ("TRANSPORT", "Transport 交通运输"),
    ("INDUSTRY", "Industry and Information 工业和信息化"),
    ("ECOLOGY", "Ecology and Environment 生态环境"),
    ("EDUCATION", "Education 教育"),
    ("SCIENCE", "Science and Technology 科技"),
    ("POLICE", "Public Security 公安"),
    ("CIVIL", "Civil Affairs 民政"),
    ("JUSTICE", "Justice 司法"),
    ("LABOR", "Human Resources and Social Security 人力资源社会保障"),
    ("WATER", "Water Resources 水利"),
    ("FARMING", "Agriculture and Rural Affairs 农业农村"),
    ("COMMERCE", "Commerce 商务"),
    ("CULTURE", "Culture and Tourism 文化和旅游"),
    ("HEALTH", "Health 卫生健康"),
    ("VETERANS", "Veterans Affairs 退役军人"),
    ("EMERGENCY", "Emergency Management 应急管理"),
    ("AUDIT", "Audit 审计"),
    ("ASSETS", "State Assets 国有资产"),
    ("TAX", "Taxation 税务"),
    ("MARKET", "Market Regulation 市场监管"),
    ("STATISTICS", "Statistics 统计"),
    ("ENERGY", "Energy 能源"),
    ("FORESTRY", "Forestry and Grassland 林草"),
    ("DISABLED", "Disabled Persons' Federation 残联"),
];

/// The parties in one city, among them an enterprise and a non-profit organization.
const CITY: [(&str, &str, DepartmentKind); 6] = [
    ("CITY-HOTLINE", "12345 Hotline Center 政务服务便民热线", DepartmentKind::Agency),
    ("CITY-ROADS", "City Roads 市政道路", DepartmentKind::Agency),
    ("CITY-WATER", "City Water Affairs 市水务", DepartmentKind::Agency),
    ("CITY-HOUSING", "City Housing 市住建", DepartmentKind::Agency),
    ("METRO", "Metro Company 地铁公司", DepartmentKind::Enterprise),
    ("BLUESKY", "Blue Sky Rescue 蓝天救援队", DepartmentKind::NonProfit),
];

/// Registers the departments and rooms, and defines the year's calendar and the conference's rules.
pub async fn register(stage: &Stage, clerk: &Client) -> anyhow::Result<()> {
    let departments = departments();
    matter::register_departments(clerk, &departments).await?;
    matter::register_room(clerk, "HALL", "Conference hall 第一会议室", 60).await?;
    matter::register_room(clerk, "ROOM-3", "Meeting room 3 三号会议室", 12).await?;
    let calendar =
        DefineCalendarRequest { command_id: command_id(), calendar: Some(calendar()), ..Default::default() };
    stage.operator.call(calendar).await?;
    let rules = DefineRulesRequest {
        command_id: command_id(),
        body_code: "RENEWAL-CONFERENCE".into(),
        rules: Some(rules()),
        ..Default::default()
    };
    clerk.call(rules).await?;
    narrate(format!(
        "The directory (部门名录) has {} departments, 2 rooms, and the year's holidays and make-up days (调休).",
        departments.len()
    ))?;
    narrate(
        "The conference's rules (会议规则): at most 3 topics, 120 minutes, 3 days' notice, papers 2 days before.",
    )
}

fn departments() -> Vec<Department> {
    let department = |code: &str, name: &str, level: DepartmentLevel, kind: DepartmentKind| Department {
        code: code.into(),
        name: name.into(),
        parent_code: None,
        level: level.into(),
        region: None,
        kind: kind.into(),
    };
    let national = CONFERENCE
        .iter()
        .map(|(code, name)| department(code, name, DepartmentLevel::National, DepartmentKind::Agency));
    let city = CITY.iter().map(|(code, name, kind)| Department {
        region: Some("Linjiang 临江市".into()),
        ..department(code, name, DepartmentLevel::Municipal, *kind)
    });
    national.chain(city).collect()
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

fn rules() -> MeetingRules {
    MeetingRules {
        topics_max: 3,
        duration_minutes_max: 120,
        notice_days_min: 3,
        papers_days_min: 2,
        sessions_per_quarter_max: None,
    }
}
