// Optimisers, element by element.
#pragma once

#include "platform/maths.hpp"
#include "platform/memory.hpp"
