# Tells a load test of this process's collections, and collects when it is asked to.
#
# Ruby loads this at its start since the scenario says `agent: true`. It speaks through the socket beside this file: a
# line of JSON for each collection, a line for each answer. Whatever goes wrong here is kept from the program.
module PlimsollAgent
  FOLDER = __dir__
  # A shorter collection is not told, in seconds.
  LEAST = 0.0001
  # What could not be said yet is kept, up to so many lines.
  UNSAID = 10_000

  class << self
    def start
      require 'socket'
      $LOAD_PATH.delete(FOLDER)
      GC::Profiler.enable
      find_offset
      connect
      Process.singleton_class.prepend(Forks) if Process.respond_to?(:_fork)
    rescue Exception
      stop
    end

    # The profiler counts in processor time of the process since a moment of its own.
    def find_offset
      before = processor
      GC.start
      @offset = before - GC::Profiler.raw_data.last[:GC_INVOKE_TIME]
      GC::Profiler.clear
      @told = [Process.clock_gettime(Process::CLOCK_MONOTONIC), processor]
    end

    def processor = Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID)

    def connect
      @unsaid = []
      @busy = Thread::Mutex.new
      @socket = Socket.new(:UNIX, :STREAM)
      # The folder's own name may be longer than the address of a socket, and a harness that does not accept is not
      # waited for.
      File.open(FOLDER) { |place| @socket.connect_nonblock(Socket.sockaddr_un("/proc/self/fd/#{place.fileno}/agent.sock")) }
      @inode = @socket.stat.ino
      say(%({"hello":"Ruby #{RUBY_VERSION}","pid":#{Process.pid}}\n))
      listener = Thread.new { listen }
      listener.name = 'plimsoll-agent'
      listener.report_on_exception = false
    end

    # Tells of the collections since the last time. The profiler knows at which processor time they began: they are
    # placed between this time and the last by how much of it had gone by.
    def tell
      collections = GC::Profiler.raw_data
      GC::Profiler.clear
      now, used = Process.clock_gettime(Process::CLOCK_MONOTONIC), processor
      pace = (now - @told[0]) / [used - @told[1], 1e-6].max
      collections.each do |one|
        length = one[:GC_TIME]
        next if length < LEAST
        start = @told[0] + [one[:GC_INVOKE_TIME] + @offset - @told[1], 0.0].max * pace
        kind = one[:GC_FLAGS][:major_by] ? 'major' : 'minor'
        nanos = (length * 1e9).to_i
        say(%({"gc":"#{kind}","start":#{([start, now].min * 1e9).to_i},"length":#{nanos},"cpu":#{nanos}}\n))
      end
      @told = [now, used]
    end

    # Sends a line, without waiting.
    def say(line)
      @unsaid << line
      return unless @busy.try_lock
      begin
        # A program may close all files, and open its own at the same number.
        raise IOError, 'the connection was closed' unless @socket.stat.ino == @inode
        until @unsaid.empty?
          sent = @socket.send(@unsaid.first, Socket::MSG_NOSIGNAL | Socket::MSG_DONTWAIT)
          sent < @unsaid.first.bytesize ? @unsaid[0] = @unsaid[0].byteslice(sent..) : @unsaid.shift
        end
      rescue IO::WaitWritable
        @unsaid.shift(@unsaid.size - UNSAID) if @unsaid.size > UNSAID
      ensure
        @busy.unlock
      end
    end

    def listen
      while (line = @socket.gets)
        what, number = line.split
        told = answer(what)
        say(%({"reply":#{number.to_i},#{told}}\n))
        flush
      end
      stop
    rescue Exception
      stop
    end

    # A long answer does not fit at once.
    def flush
      100.times do
        break if @unsaid.empty?
        @socket.wait_writable(0.1)
        say('')
      end
    end

    def answer(what)
      case what
      when 'values'
        tell
        values
      when 'collect' then collect
      when 'types' then types
      else %("error":"it does not know #{what.inspect.delete('"\\')}")
      end
    rescue StandardError => error
      %("error":"#{error.message.delete('"\\').lines.first}")
    end

    def values
      counts = GC.stat
      %("values":{"live_slots":#{counts[:heap_live_slots]},"old_objects":#{counts[:old_objects]}})
    end

    def collect
      require 'objspace'
      GC.start(full_mark: true, immediate_sweep: true)
      tell
      %(#{values},"live":#{ObjectSpace.memsize_of_all})
    end

    def types
      require 'objspace'
      GC.start(full_mark: true, immediate_sweep: true)
      found = Hash.new { |sums, type| sums[type] = [0, 0] }
      type = Kernel.instance_method(:class)
      ObjectSpace.each_object(BasicObject) do |thing|
        sums = found[type.bind_call(thing)]
        sums[0] += 1
        sums[1] += ObjectSpace.memsize_of(thing)
      end
      name = Module.instance_method(:name)
      rows = found.map { |of, sums| %(["#{(name.bind_call(of) || '(unnamed)').delete('"\\')}",#{sums.join(',')}]) }
      %("types":[#{rows.join(',')}])
    end

    # A child is a process of its own, with a connection of its own.
    def forked
      return unless @socket
      @socket.close
      GC::Profiler.clear
      find_offset
      connect
    rescue Exception
      stop
    end

    def stop
      @socket = nil
      GC::Profiler.disable
    rescue Exception
      nil
    end
  end

  # The beginning of a child.
  module Forks
    def _fork
      child = super
      PlimsollAgent.forked if child.zero?
      child
    end
  end
end

PlimsollAgent.start
