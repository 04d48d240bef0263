import BQPullCommands

BQPull.start()
