#pragma once
// The one macro of googletest that V8's headers use.
#define FRIEND_TEST(suite, name) friend class suite##_##name##_Test
