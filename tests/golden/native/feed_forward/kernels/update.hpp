// Optimisers, element by element.
#pragma once

#include "platform/memory.hpp"

#include <cmath>
