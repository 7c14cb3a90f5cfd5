select sysdate() as now
