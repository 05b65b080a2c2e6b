// This file lets the compiler accept functions without a body: main.main is defined elsewhere.
