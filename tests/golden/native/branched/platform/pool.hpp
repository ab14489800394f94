// Threads that live as long as the engines that use them.
#pragma once

#include "kernels/guarded.hpp"
#include "platform/list.hpp"
#include "platform/lock.hpp"
#include "platform/memory.hpp"

#include <signal.h>

namespace {

/// Calls that threads make together: `call(function, 0)` … `call(function, count - 1)`, each made once, by whoever is free.
struct Task {
    size_t count;
    const void* function;
    void (*call)(const void* function, size_t index);
    size_t next = 0, running = 0;
    std::int32_t fault = 0;   // as `guarded` gives it
};

/// Threads that wait for tasks. They begin when they are first wanted, and end when the last engine leaves.
class Pool {
public:
    explicit Pool(size_t engines = 0) : engines_(engines) {}

    /// Makes all calls of a task, here and in threads that are free. A thread that comes late finds nothing left to do, so
    /// that nobody waits for it; where the system gives no thread, this one does everything.
    __attribute__((noinline)) void run(Task& task) {   // one copy, not one for each caller
        Hold hold(guard_);
        tasks_.push_back(&task);
        wanted_ += task.count - 1;
        grow(hold);
        pthread_cond_broadcast(&begun_);
        while (task.next < task.count) make_one(task, hold);
        hold.wait(ended_, [&] { return task.running == 0; });
        wanted_ -= task.count - 1;
        for (auto& other : tasks_) if (other == &task) other = tasks_.back();
        tasks_.pop_back();
    }

    void enter() { const Hold alone(door_); ++engines_; }
    void leave() {
        const Hold alone(door_);
        if (--engines_ > 0) return;
        close(true);
        for (const pthread_t thread : threads_) pthread_join(thread, nullptr);
        threads_.clear();
        ready_ = 0;
        close(false);
    }
    size_t engines() const { return engines_; }

private:
    void close(bool closing) { const Hold hold(guard_); closing_ = closing; pthread_cond_broadcast(&begun_); }
    void make_one(Task& task, Hold& hold) {
        const size_t index = task.next++;
        ++task.running;
        hold.unlock();
        const std::int32_t fault = guarded([&] { task.call(task.function, index); });
        hold.lock();
        if (fault) task.fault = fault;
        if (--task.running == 0) pthread_cond_broadcast(&ended_);
    }
    void work() {
        throw_once();
        Hold hold(guard_);
        ++ready_;
        pthread_cond_broadcast(&ended_);
        while (!closing_)
            if (Task* task = open()) make_one(*task, hold);
            else hold.wait(begun_);
    }
    /// A task of which there are calls left, null where there is none.
    Task* open() const {
        for (Task* task : tasks_) if (task->next < task->count) return task;
        return nullptr;
    }
    /// As many threads as all tasks want, and the system gives; signals are left to the program's own.
    void grow(Hold& hold) {
        if (threads_.size() >= wanted_) return;
        try { threads_.reserve(wanted_); } catch (...) { return; }
        sigset_t all, before;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        pthread_t thread;
        while (threads_.size() < wanted_ && pthread_create(&thread, nullptr, begin, this) == 0) threads_.push_back(thread);
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
        hold.wait(ended_, [&] { return ready_ == threads_.size(); });
    }
    static void* begin(void* pool) { static_cast<Pool*>(pool)->work(); return nullptr; }

    Mutex guard_ = PTHREAD_MUTEX_INITIALIZER, door_ = PTHREAD_MUTEX_INITIALIZER;
    Condition begun_ = PTHREAD_COND_INITIALIZER, ended_ = PTHREAD_COND_INITIALIZER;
    List<Task*> tasks_;
    List<pthread_t> threads_;
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
