"""Invented names, Chinese with pinyin: two syllables drawn without return, so that no two places share a name."""

from __future__ import annotations

import random

Name = tuple[str, str]

_FIRST = (
    "青 Qing,桂 Gui,云 Yun,松 Song,竹 Zhu,梅 Mei,荷 He,柳 Liu,枫 Feng,兰 Lan,晓 Xiao,秋 Qiu,春 Chun,霁 Ji,"
    "望 Wang,怀 Huai,景 Jing,仁 Ren,和 He,安 An,文 Wen,书 Shu,棠 Tang,榆 Yu,槐 Huai,鹭 Lu,燕 Yan,雁 Yan,"
    "星 Xing,月 Yue,清 Qing,沐 Mu,栖 Qi,听 Ting,杏 Xing,葵 Kui,芷 Zhi,蕙 Hui,澄 Cheng,碧 Bi,"
    "谷 Gu,麦 Mai,葛 Ge,茶 Cha,莲 Lian,蓼 Liao,苇 Wei,橙 Cheng,柚 You,樟 Zhang,楠 Nan,桑 Sang,琴 Qin,墨 Mo,砚 Yan,"
    "瑞 Rui,嘉 Jia,宁 Ning,康 Kang,平 Ping,顺 Shun,丰 Feng,永 Yong,同 Tong,乐 Le,雪 Xue,岚 Lan,霞 Xia,曦 Xi,晴 Qing"
)
_SECOND = (
    "台 tai,桥 qiao,园 yuan,溪 xi,渡 du,庭 ting,坊 fang,岭 ling,亭 ting,泉 quan,汀 ting,洲 zhou,塘 tang,湾 wan,"
    "井 jing,坡 po,原 yuan,墩 dun,陌 mo,塔 ta,巷 xiang,榭 xie,圃 pu,堰 yan,屏 ping,阁 ge,石 shi,浦 pu"
)
_AVOID = {
    "青羊", "文殊", "书院", "望江", "月坝", "清溪", "竹园", "云台", "青台", "星桥", "安石", "文石", "书石", "景石",
    "和石", "仁石", "怀石", "望石", "听石", "栖石", "安塔", "月台", "望台", "文台", "春台", "清泉", "清原", "安阁",
}  # fmt: skip


def name_pool(dice: random.Random) -> list[Name]:
    """Return all two-syllable names in a drawn order; take them from the end."""
    first = [tuple(part.split()) for part in _FIRST.split(",")]
    second = [tuple(part.split()) for part in _SECOND.split(",")]
    names = [(a + b, p + q) for a, p in first for b, q in second if a + b not in _AVOID and b != "巷"]
    dice.shuffle(names)
    return list({name[1]: name for name in reversed(names)}.values())[::-1]


def joined(name: Name, zh: str, en: str) -> Name:
    """Return a name with its kind behind it: (青桥, Qingqiao) + (路, Road)."""
    return name[0] + zh, f"{name[1]} {en}"
