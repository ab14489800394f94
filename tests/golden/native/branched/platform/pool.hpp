// Threads that live as long as the engines that use them.
#pragma once

#include "kernels/guarded.hpp"
#include "platform/memory.hpp"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace {

/// Calls that threads make together: `call(function, 0)` … `call(function, count - 1)`, each made once, by whoever is free.
struct Task {
    size_t count;
    const void* function;
    void (*call)(const void* function, size_t index);
    size_t next = 0, running = 0;
    std::exception_ptr fault{};
};

/// Threads that wait for tasks. They begin when they are first wanted, and end when the last engine leaves.
class Pool {
public:
    explicit Pool(size_t engines = 0) : engines_(engines) {}

    /// Makes all calls of a task, here and in threads that are free. A thread that comes late finds nothing left to do, so
    /// that nobody waits for it; where the system gives no thread, this one does everything.
    void run(Task& task) {
        std::unique_lock<std::mutex> hold(guard_);
        tasks_.push_back(&task);
        wanted_ += task.count - 1;
        grow(hold);
        begun_.notify_all();
        while (task.next < task.count) make_one(task, hold);
        ended_.wait(hold, [&] { return task.running == 0; });
        wanted_ -= task.count - 1;
        tasks_.erase(std::find(tasks_.begin(), tasks_.end(), &task));
    }

    void enter() { const std::lock_guard<std::mutex> alone(door_); ++engines_; }
    void leave() {
        const std::lock_guard<std::mutex> alone(door_);
        if (--engines_ > 0) return;
        close(true);
        for (auto& thread : threads_) thread.join();
        threads_.clear();
        ready_ = 0;
        close(false);
    }
    size_t engines() const { return engines_; }

private:
    void close(bool closing) { const std::lock_guard<std::mutex> hold(guard_); closing_ = closing; begun_.notify_all(); }
    void make_one(Task& task, std::unique_lock<std::mutex>& hold) {
        const size_t index = task.next++;
        ++task.running;
        hold.unlock();
        std::exception_ptr fault;
        try { task.call(task.function, index); } catch (...) { fault = std::current_exception(); }
        hold.lock();
        if (fault) task.fault = fault;
        if (--task.running == 0) ended_.notify_all();
    }
    void work() {
        throw_once();
        std::unique_lock<std::mutex> hold(guard_);
        ++ready_;
        ended_.notify_all();
        while (!closing_) {
            const auto open = std::find_if(tasks_.begin(), tasks_.end(), [](const Task* t) { return t->next < t->count; });
            if (open == tasks_.end()) begun_.wait(hold);
            else make_one(**open, hold);
        }
    }
    /// As many threads as all tasks want, and the system gives; signals are left to the program's own.
    void grow(std::unique_lock<std::mutex>& hold) {
        if (threads_.size() >= wanted_) return;
        sigset_t all, before;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        try {
            while (threads_.size() < wanted_) threads_.emplace_back([this] { work(); });
        } catch (...) {}
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
        ended_.wait(hold, [&] { return ready_ == threads_.size(); });
    }

    std::mutex guard_, door_;
    std::condition_variable begun_, ended_;
    std::vector<Task*> tasks_;
    std::vector<std::thread> threads_;
    size_t wanted_ = 0, ready_ = 0, engines_;
    bool closing_ = false;
};

/// The pool of this library. A process that was forked has none of the threads, and begins with another pool.
Pool*& pool() {
    static Pool* here = [] {
        pthread_atfork(nullptr, nullptr, [] { pool() = new Pool(pool()->engines()); });
        return new Pool;
    }();
    return here;
}

/// What an engine holds to keep the pool.
struct PoolMember {
    PoolMember() { throw_once(); pool()->enter(); }
    PoolMember(const PoolMember&) = delete;
    ~PoolMember() { pool()->leave(); }
};

}  // namespace
