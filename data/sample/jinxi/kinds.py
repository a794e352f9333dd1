"""What is placed where: for every category its words, opening hours, and how many or how close.

``cover`` kinds are placed until a share of the residents has one within a straight distance; ``count`` kinds are drawn
at random among the slots, denser where people live.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """How a category is placed: slot kinds, Chinese and English word, then either radius and share or a count."""

    category: str
    slots: tuple[str, ...]
    zh: str
    en: str
    radius_m: float = 0.0
    share: float = 0.0
    count: int = 0
    opening: str = ""
    capacity: tuple[int, ...] = ()
    capacity_unit: str = ""


_IN, _FRONT = ("inside",), ("front",)
_BOTH, _GREEN = ("inside", "front"), ("garden", "park")
_SHOP, _LATE, _OFFICE = "08:00-21:00", "09:00-22:00", "Mo-Fr 09:00-17:00"

COVER = (
    Kind(
        "kindergarten",
        ("plot", "front"),
        "幼儿园",
        "Kindergarten",
        215,
        0.86,
        0,
        "Mo-Fr 07:45-17:30",
        (180, 270, 360),
        "places",
    ),
    Kind("service_station", _BOTH, "社区服务站", "Service Station", 225, 0.86, 0, _OFFICE),
    Kind(
        "elderly_day_care",
        _BOTH,
        "日间照料中心",
        "Elderly Day Care",
        225,
        0.7,
        0,
        "08:30-17:30",
        (25, 30, 40),
        "places",
    ),
    Kind("health_station", _BOTH, "社区卫生服务站", "Health Station", 225, 0.62, 0, "08:00-18:00"),
    Kind("canteen", _BOTH, "社区食堂", "Community Canteen", 225, 0.58, 0, "06:30-19:00", (60, 80, 120), "seats"),
    Kind("cultural_station", _BOTH, "文化活动站", "Cultural Station", 380, 0.9, 0, "09:00-21:00"),
    Kind("nursery", _BOTH, "托育园", "Nursery", 225, 0.42, 0, "Mo-Fr 08:00-18:00", (40, 60), "places"),
    Kind("fitness_ground", ("garden", "park"), "健身场地", "Fitness Ground", 225, 0.85, 0, "24/7"),
    Kind("sports_ground_small", _GREEN, "球场", "Ball Court", 225, 0.62, 0, "06:00-22:00"),
    Kind("sports_ground_medium", _GREEN, "运动场", "Sports Ground", 370, 0.8, 0, "06:00-22:00"),
    Kind("wet_market", _FRONT, "菜市场", "Wet Market", 460, 0.90, 0, "06:00-19:30"),
    Kind("supermarket", _FRONT, "超市", "Supermarket", 230, 0.82, 0, "08:00-22:00"),
    Kind("pharmacy", _FRONT, "药房", "Pharmacy", 210, 0.82, 0, "08:00-22:00"),
    Kind("convenience_store", _FRONT, "便利店", "Convenience Store", 215, 0.86, 0, "24/7"),
    Kind("laundry", _FRONT, "洗衣店", "Laundry", 215, 0.72, 0, _SHOP),
    Kind("hairdresser", _FRONT, "美发店", "Hairdresser", 215, 0.74, 0, "09:30-21:00"),
    Kind("recycling", _BOTH, "再生资源回收点", "Recycling Point", 215, 0.74, 0, "08:00-18:00"),
    Kind("toilet", _FRONT, "公共厕所", "Public Toilet", 215, 0.78, 0, "24/7"),
    Kind("clinic", _FRONT, "门诊部", "Outpatient Clinic", 750, 0.95, 0, "08:00-20:00"),
    Kind("parcel_point", _BOTH, "快递驿站", "Parcel Point", 260, 0.7, 0, _SHOP),
)

COUNT = (
    Kind("restaurant", ("front", "civic"), "饭店", "Restaurant", count=80, opening="10:30-21:30"),
    Kind("breakfast", _FRONT, "早餐店", "Breakfast Shop", count=48, opening="06:00-10:30"),
    Kind("bank", _FRONT, "储蓄所", "Savings Bank", count=34, opening="09:00-17:00"),
    Kind("telecom", _FRONT, "通信营业厅", "Telecom Shop", count=30, opening="09:00-18:00"),
    Kind("post_office", _FRONT, "邮政所", "Post Office", count=11, opening="09:00-17:00"),
    Kind("repair", _FRONT, "维修铺", "Repair Shop", count=34, opening=_SHOP),
    Kind("domestic_service", _FRONT, "家政服务部", "Domestic Service", count=28, opening=_SHOP),
    Kind("photo_print", _FRONT, "照相文印", "Photo and Print", count=28, opening=_SHOP),
    Kind("waste_station", _FRONT, "垃圾收集站", "Waste Station", count=20, opening="24/7"),
    Kind("bookshop", _FRONT, "书屋", "Bookshop", count=13, opening=_LATE),
    Kind("cafe", _FRONT, "茶馆", "Tea House", count=20, opening=_LATE),
    Kind("bakery", _FRONT, "糕饼店", "Bakery", count=20, opening=_SHOP),
    Kind("pet_service", _FRONT, "宠物店", "Pet Shop", count=20, opening=_SHOP),
    Kind("gym", _FRONT, "健身房", "Gym", count=20, opening="07:00-22:00"),
    Kind(
        "parking",
        ("front", "civic"),
        "停车场",
        "Car Park",
        count=20,
        opening="24/7",
        capacity=(60, 120, 240),
        capacity_unit="spaces",
    ),
    Kind(
        "charging",
        _BOTH,
        "充电站",
        "Charging Station",
        count=16,
        opening="24/7",
        capacity=(6, 8, 12),
        capacity_unit="spaces",
    ),
    Kind("cinema", ("civic", "front"), "影院", "Cinema", count=5, opening="10:00-24:00"),
)

SPREAD = (
    Kind(
        "health_centre",
        _FRONT,
        "社区卫生服务中心",
        "Community Health Centre",
        800,
        0.93,
        0,
        "08:00-20:00",
        (300, 400),
        "visits/day",
    ),
    Kind("shopping_mall", ("civic", "front"), "百货商场", "Department Store", 600, 0.72, 0, "10:00-22:00"),
    Kind("elderly_home", _FRONT, "养老院", "Home for the Elderly", 950, 0.75, 0, "24/7", (160, 220), "beds"),
    Kind("nursing_home", _FRONT, "老年养护院", "Nursing Home", 950, 0.62, 0, "24/7", (110, 150), "beds"),
    Kind("cultural_centre", ("civic", "front"), "文化活动中心", "Cultural Centre", 950, 0.85, 0, "09:00-21:00"),
    Kind("service_centre", _FRONT, "社区服务中心", "Service Centre", 950, 0.85, 0, _OFFICE),
    Kind("subdistrict_office", _FRONT, "街道办事处", "Sub-district Office", 950, 0.78, 0, _OFFICE),
    Kind("police_station", _FRONT, "派出所", "Police Station", 900, 0.8, 0, "24/7"),
    Kind("justice_office", _FRONT, "司法所", "Justice Office", 950, 0.75, 0, _OFFICE),
    Kind("sports_ground_large", _GREEN, "体育公园球场", "Large Sports Ground", 950, 0.82, 0, "06:00-22:00"),
    Kind("stadium", ("civic", "front"), "体育馆", "Sports Hall", 1000, 0.5, 0, "08:00-22:00"),
    Kind("library", ("civic",), "图书馆", "Library", 1500, 0.5, 0, "Tu-Su 09:00-20:00"),
    Kind("museum", ("civic",), "博物馆", "Museum", 1500, 0.3, 0, "Tu-Su 09:00-17:00"),
)
