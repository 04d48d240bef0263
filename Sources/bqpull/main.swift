import BQPullCommands

await BQPull.main()
