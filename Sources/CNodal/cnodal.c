// The functions are in Swift (Sources/CInterface); this holds their header to C.
#include "nodal.h"
