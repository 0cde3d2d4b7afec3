"""Work with a deadline: the seven-step loop 汇集 研判 交办 跟踪 督办 反馈 评价."""
