// CppAD: a chain of scalars, recorded once and replayed forward and in reverse (chain), recorded anew (record), or
// optimised, which is its making (make). Prints the line that src/lib.rs describes. Usage: cppad_chain
// chain|record|make [--threads N], which ignores N.

#include <algorithm>
#include <chrono>
#include <cppad/cppad.hpp>
#include <cstdio>
#include <string>
#include <vector>

using Numbers = std::vector<double>;
using Function = CppAD::ADFun<double>;

const double A = 0.5;

Function record(int operations) {
    std::vector<CppAD::AD<double>> a{A}, s{0};
    CppAD::Independent(a);
    s[0] = a[0];
    for (int i = 0; i < operations / 2; i++) {
        s[0] *= a[0];
        s[0] += a[0];
    }
    Function f;
    f.Dependent(a, s);
    return f;
}

struct Answer {
    double s, gradient;
};

Answer replay(Function& f) {
    Numbers s = f.Forward(0, Numbers{A});
    return {s[0], f.Reverse(1, Numbers{1})[0]};
}

template <class Work> void measure(int operations, Work work) {
    using Clock = std::chrono::steady_clock;
    Answer answer = work();
    auto seconds_since = [](Clock::time_point start) {
        return std::chrono::duration<double>(Clock::now() - start).count();
    };
    auto batch = [&](int calls) {
        auto start = Clock::now();
        for (int i = 0; i < calls; i++) answer = work();
        return seconds_since(start);
    };
    int calls = 1;
    while (batch(calls) < 0.001) calls *= 2;
    Numbers times;
    for (auto start = Clock::now(); times.size() < 5 || seconds_since(start) < 0.5;)
        times.push_back(batch(calls) / calls);
    auto middle = times.begin() + times.size() / 2;
    std::nth_element(times.begin(), middle, times.end());
    const double scale = 1e9 / operations, fastest = *std::min_element(times.begin(), times.end());
    std::printf("%.3f %.3f %.12e %.12e\n", *middle * scale, fastest * scale, answer.s, answer.gradient);
}

int main(int count, char** words) {
    const std::string workload = count > 1 ? words[1] : "";
    if (workload == "chain") {
        const int operations = 1000000;
        Function f = record(operations);
        f.optimize(); // a third faster, which pays for itself when a recording is kept
        measure(operations, [&] { return replay(f); });
    } else if (workload == "record") {
        const int operations = 100000;
        measure(operations, [&] {
            Function f = record(operations);
            return replay(f);
        });
    } else if (workload == "make") {
        const int operations = 100000;
        const Function f = record(operations);
        Function made;
        made = f;
        made.optimize();
        const Answer answer = replay(made);
        measure(operations, [&] {
            made = f; // optimize() works in place
            made.optimize();
            return answer;
        });
    } else {
        std::fprintf(stderr, "Usage: cppad_chain chain|record|make [--threads N]\n");
        return 2;
    }
}
