"""MiniGrid's rooms with doors."""

from sparse_rl.interpreters.rooms.multiroom import MultiRoomWorld, RoomDrawer, Rooms, RoomState

__all__ = ["MultiRoomWorld", "RoomDrawer", "RoomState", "Rooms"]
