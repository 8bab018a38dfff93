# A service in Ruby whose memory is known: /churn makes garbage and says how long its collection took, /leak keeps `n`
# sessions.
require 'socket'

class Session
  def initialize(number)
    @number = number
    @name = "session #{number}"
    @seen = Array.new(32, number)
  end
end

SESSIONS = []

def churn(count)
  kept = Array.new(count) { |number| "item #{number} of a list that is not short" }
  before = Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID, :float_millisecond)
  GC.start
  puts "collected in #{Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID, :float_millisecond) - before} ms"
  kept.clear
end

def serve(path)
  count = path[/n=(\d+)/, 1].to_i
  case path
  when %r{^/leak} then count.times { |number| SESSIONS << Session.new(number) }
  when %r{^/churn} then churn(count)
  end
end

$stdout.sync = true
server = TCPServer.new('127.0.0.1', ENV.fetch('PORT', 0).to_i)
puts "listening on #{server.addr[1]}"
loop do
  Thread.new(server.accept) do |client|
    _, path = client.gets.split
    nil until client.gets.strip.empty?
    serve(path)
    client.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\ndone\n")
    client.close
  end
end
